"""DynamoDB: keys, items and conditions. Nothing outside this package knows them."""
