CREATE TABLE documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, collection TEXT NOT NULL,
    name TEXT NOT NULL, title TEXT NOT NULL, uri TEXT NOT NULL, digest TEXT NOT NULL, dated TEXT,
    audience TEXT NOT NULL, source TEXT NOT NULL, pages INTEGER NOT NULL, chunks INTEGER NOT NULL,
    indexed_at TEXT, warnings TEXT NOT NULL, UNIQUE (collection, name)
);
-- AUTOINCREMENT: a number is never given out twice, so a reader knows what is new to it.
CREATE TABLE chunks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    document INTEGER NOT NULL REFERENCES documents (number), ordinal INTEGER NOT NULL, page INTEGER NOT NULL,
    heading TEXT NOT NULL, text TEXT NOT NULL, table_header TEXT NOT NULL, vector BLOB NOT NULL,
    terms INTEGER NOT NULL,
    UNIQUE (document, ordinal)
);
-- Holds the terms of `search_terms`, stemmed already. This tokenizer splits at blanks alone: a term has no other
-- ASCII than letters, digits and points, and what is not ASCII it leaves as it is.
CREATE VIRTUAL TABLE terms USING fts5 (stems, tokenize = "ascii tokenchars '.'");
CREATE TABLE generation (number INTEGER NOT NULL);
INSERT INTO generation VALUES (1);
