// Secrets and parameters from their creation to their end; what was seen, as JSON.
"use strict";
const sm = require("@aws-sdk/client-secrets-manager");
const ssm = require("@aws-sdk/client-ssm");

const one = "a".repeat(32);
const two = "b".repeat(32);

async function refused(call) {
  try {
    await call();
  } catch (error) {
    return error.name;
  }
  return null;
}

async function secrets() {
  const client = new sm.SecretsManagerClient({});
  const SecretId = "/app/db";
  const read = () => client.send(new sm.GetSecretValueCommand({ SecretId }));
  await client.send(
    new sm.CreateSecretCommand({ Name: SecretId, SecretString: "one", ClientRequestToken: one }),
  );
  await client.send(
    new sm.PutSecretValueCommand({
      SecretId,
      SecretString: "two",
      ClientRequestToken: two,
      VersionStages: ["STAGED"],
    }),
  );
  await client.send(
    new sm.UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage: "AWSCURRENT",
      MoveToVersionId: two,
      RemoveFromVersionId: one,
    }),
  );
  await client.send(new sm.UpdateSecretCommand({ SecretId, Description: "of the application" }));
  const described = await client.send(new sm.DescribeSecretCommand({ SecretId }));
  const versions = await client.send(new sm.ListSecretVersionIdsCommand({ SecretId }));
  for (const name of ["/app/0", "/app/1"]) {
    await client.send(new sm.CreateSecretCommand({ Name: name, SecretString: "x" }));
  }
  const listed = [];
  for await (const page of sm.paginateListSecrets({ client, pageSize: 1 }, {})) {
    listed.push(page.SecretList.map((entry) => entry.Name));
  }
  await client.send(new sm.DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
  const deleted = await refused(read);
  await client.send(new sm.RestoreSecretCommand({ SecretId }));
  return {
    stages: described.VersionIdsToStages,
    description: described.Description,
    changed: described.LastChangedDate instanceof Date,
    versions: versions.Versions.map((version) => version.VersionId).sort(),
    listed,
    deleted,
    restored: (await read()).SecretString,
  };
}

async function parameters() {
  const client = new ssm.SSMClient({});
  const Name = "/app/host";
  const put = (more) => client.send(new ssm.PutParameterCommand({ Name, Type: "String", ...more }));
  await put({ Value: "one" });
  await put({ Value: "two", Type: "SecureString", Overwrite: true });
  await client.send(
    new ssm.LabelParameterVersionCommand({ Name, ParameterVersion: 1, Labels: ["first"] }),
  );
  const labelled = await client.send(new ssm.GetParameterCommand({ Name: `${Name}:first` }));
  const history = await client.send(
    new ssm.GetParameterHistoryCommand({ Name, WithDecryption: true }),
  );
  for (let number = 0; number < 12; number += 1) {
    await put({ Name: `/app/many/${number}`, Value: "v" });
  }
  let described = 0;
  const filters = [{ Key: "Path", Option: "Recursive", Values: ["/app/many"] }];
  const pages = ssm.paginateDescribeParameters({ client, pageSize: 5 }, { ParameterFilters: filters });
  for await (const page of pages) {
    described += page.Parameters.length;
  }
  let byPath = 0;
  for await (const page of ssm.paginateGetParametersByPath({ client }, { Path: "/app/many" })) {
    byPath += page.Parameters.length;
  }
  await client.send(new ssm.DeleteParameterCommand({ Name }));
  return {
    labelled: [labelled.Parameter.Value, labelled.Parameter.Type, labelled.Parameter.Version],
    history: history.Parameters.map((version) => [version.Value, version.Labels]),
    described,
    byPath,
    deleted: await refused(() => client.send(new ssm.GetParameterCommand({ Name }))),
  };
}

async function main() {
  console.log(JSON.stringify({ secrets: await secrets(), parameters: await parameters() }));
}

main();
