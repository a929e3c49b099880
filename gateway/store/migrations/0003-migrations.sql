-- Which steps a database has taken, each with the digest of its text.
create table migration (number integer primary key, name text not null, sha256 text not null);
