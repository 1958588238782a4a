"""The one door to AWS: errors without values, calls within quotas, and who wrote what is live."""
