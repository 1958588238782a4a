// An application that reads its secret by name, as the guide to the SDK shows it. Where the secret
// is, and nothing of what it says, stands in the application's variables.

const { SecretsManagerClient, GetSecretValueCommand } = require("@aws-sdk/client-secrets-manager");

const getSecret = async (secretName) => {
  const client = new SecretsManagerClient({ region: process.env.AWS_REGION });
  try {
    const response = await client.send(new GetSecretValueCommand({ SecretId: secretName }));
    return JSON.parse(response.SecretString);
  } catch (error) {
    console.error(`Error retrieving secret ${secretName}:`, error.name);
    throw error;
  }
};

getSecret(process.env.DATABASE_SECRET_PATH).then(
  (secret) => process.stdout.write(JSON.stringify(secret)),
  () => process.exit(1),
);
