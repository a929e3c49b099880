-- From here on nothing of a case stands in clear: the rows of these tables are written anew, encrypted or as marks.
-- `nothing_in_clear.py` does that, in the same transaction.
drop index leaf_exchange;
drop index exchange_due;
alter table leaf rename to old_leaf;
alter table message rename to old_message;
alter table exchange rename to old_exchange;
alter table sealed rename to old_sealed;
alter table delivery rename to old_delivery;
create table leaf (
    i bigint primary key, body blob not null, slot bigint, record blob, exchange text, day integer, erased_by bigint
);
create index leaf_exchange on leaf (exchange) where exchange is not null;
create table alone (i bigint primary key, due bigint not null);
create index alone_due on alone (due);
create table message (name text primary key, digest text not null, i bigint not null, size bigint not null);
create index message_i on message (i);
create table exchange (id text primary key, slot bigint not null, due bigint, state blob not null);
create index exchange_due on exchange (due) where due is not null;
create table sealed (
    exchange text not null, jti text not null, field text not null, i bigint not null, value blob not null,
    primary key (exchange, jti, field)
);
create table delivery (agency text not null, i bigint not null, primary key (agency, i));
create index delivery_i on delivery (i);
create table document (
    kind text not null, version integer not null, sha256 text not null, i bigint not null, signed blob not null,
    primary key (kind, version)
);
