"""What runs inside LocalStack's own interpreter: its open code in host mode, with functions as processes.

LocalStack (localstack-core, Apache-2.0) looks for containers to run functions in, and for DynamoDB Local, a Java
program, to hold tables. Neither is here: functions run as processes of this machine with AWS's own runtime interface
client, and tables are moto's, which LocalStack brings along. Modules that do not import LocalStack hold the logic and
are tested without it.
"""
