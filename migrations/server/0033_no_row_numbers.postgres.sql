-- PostgreSQL has no row numbers to spare: see the file of SQLite.
SELECT 1;
