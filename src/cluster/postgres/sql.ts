// sql.ts: the tables of a store in PostgreSQL, and the statements that read and write them.
//
// Each write locks the row of its cluster before it takes the next revision from it, so that revisions are committed in
// their order. A sequence would not give that. A removed key stays as a row without a value, so that watches see the removal.

/** How many revisions a removed key is kept for. */
const keptRevisions = 100_000;

export interface Sql {
  readonly channel: string;
  readonly setUp: string;
  readonly isSetUp: string;
  readonly write: string;
  readonly read: string;
  readonly since: string;
  readonly post: string;
  readonly take: string;
}

/** `schema` is a checked name. */
export function toSql(schema: string): Sql {
  const channel = `${schema}_changed`;
  return {
    channel,
    isSetUp: `select to_regproc('${schema}.write_entry') is not null as done`,
    setUp: `
      create schema if not exists ${schema};
      create table if not exists ${schema}.cluster (id text primary key, rev bigint not null);
      create table if not exists ${schema}.entry (
        cluster text not null, key text not null, value text, rev bigint not null, primary key (cluster, key));
      create unique index if not exists entry_rev on ${schema}.entry (cluster, rev);
      create table if not exists ${schema}.mail (
        id bigserial primary key, cluster text not null, address text not null, data text not null, reply text,
        at timestamptz not null default now());
      create or replace function ${schema}.write_entry(c text, k text, v text, expected bigint) returns bigint
        language plpgsql as $$
        declare
          r bigint;
          n integer;
        begin
          select rev + 1 into r from ${schema}.cluster where id = c for update;
          if r is null then
            insert into ${schema}.cluster (id, rev) values (c, 0) on conflict (id) do nothing;
            select rev + 1 into r from ${schema}.cluster where id = c for update;
          end if;
          if expected = 0 then
            insert into ${schema}.entry (cluster, key, value, rev) values (c, k, v, r)
              on conflict (cluster, key) do update set value = excluded.value, rev = excluded.rev
              where entry.value is null;
          else
            update ${schema}.entry set value = v, rev = r
              where cluster = c and key = k and rev = expected and value is not null;
          end if;
          get diagnostics n = row_count;
          if n = 0 then
            return null;
          end if;
          update ${schema}.cluster set rev = r where id = c;
          if v is null then
            delete from ${schema}.entry where cluster = c and value is null and rev < r - ${keptRevisions};
          end if;
          perform pg_notify('${channel}', 'r ' || c);
          return r;
        end $$`,
    write: `select ${schema}.write_entry($1, $2, $3, $4) as rev`,
    read: `select value, rev from ${schema}.entry where cluster = $1 and key = $2 and value is not null`,
    since: `select key, value, rev from ${schema}.entry where cluster = $1 and rev > $2 order by rev`,
    post: `
      with posted as (
        insert into ${schema}.mail (cluster, address, data, reply) values ($1, $2, $3, $4) returning id)
      select pg_notify('${channel}', 'm ' || $1 || ' ' || $2 || ' ' || id) from posted`,
    take: `
      with old as (delete from ${schema}.mail where at < now() - interval '1 minute' and id <> $1)
      delete from ${schema}.mail where id = $1 returning data, reply`,
  };
}
