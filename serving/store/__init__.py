"""What a site keeps, in PostgreSQL: tables, migrations, one module a concern. The only place with SQL."""
