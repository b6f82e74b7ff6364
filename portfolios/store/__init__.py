"""The database: schema, migrations, one store for each noun."""
