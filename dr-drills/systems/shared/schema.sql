-- The application of the PostgreSQL systems: a shop's orders. `muster` is the role of users and
-- probes; it may promote and look at replication, and is no superuser. The roles of replication are
-- each system's own.
create role muster login connection limit 260;
grant pg_monitor to muster;
grant pg_signal_backend to muster;
create database app owner muster;
\connect app
grant execute on function pg_promote(boolean, integer) to muster;
set role muster;

create table customers (
  id bigint primary key,
  name text not null,
  region text not null
);
create table orders (
  id bigint generated always as identity primary key,
  customer_id bigint not null references customers,
  item text not null,
  quantity integer not null,
  price_cents bigint not null,
  placed_at timestamptz not null default now()
);
-- For an application that keeps its sessions in the database; known by the hash of their token.
create table sessions (
  token_hash text primary key,
  user_name text not null,
  carried_on bigint not null default 0,
  seen_at timestamptz not null default now()
);
create index sessions_by_age on sessions (seen_at);
insert into customers
  select n, 'customer ' || n, (array['north', 'east', 'south', 'west'])[1 + n % 4]
  from generate_series(1, 2000) n;
insert into orders (customer_id, item, quantity, price_cents, placed_at)
  select 1 + (n * 7919) % 2000, 'item ' || n % 500, 1 + n % 5, 100 + (n * 31) % 9900,
         now() - n * interval '1 minute'
  from generate_series(1, :orders) n;
create index orders_by_customer on orders (customer_id);
reset role;
analyze;
checkpoint;
