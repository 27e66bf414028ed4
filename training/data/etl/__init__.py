"""The ETL Character Database (AIST): http://etlcdb.db.aist.go.jp. Its files come from the user and stay there."""
