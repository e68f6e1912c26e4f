"""What runs in LocalStack's own interpreter: its open source code in host mode, with functions as processes.

LocalStack (localstack-core, Apache-2.0) expects containers for functions, and DynamoDB Local, a Java program, for
tables. We have neither: functions run as processes of this machine with AWS's own runtime interface client, and tables
are those of moto, which LocalStack includes. Modules that do not import LocalStack hold the logic and are tested
without it.
"""
