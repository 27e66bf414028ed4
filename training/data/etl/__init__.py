"""The ETL Character Database (AIST), http://etlcdb.db.aist.go.jp, read from files that the user has fetched."""
