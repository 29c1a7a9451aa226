import { AppError, retryBackoff } from '@millrace/spi'
import { quoted, type TableName } from './identifier.ts'
import type { Session } from './session.ts'

/** What is known of a column that rows are written to. */
export interface Column {
  readonly name: string
  /** Type without its limits, as SQL names it: a cast to `varchar(3)` would cut a text where an assignment refuses it. */
  readonly castType: string
  readonly isJson: boolean
  readonly isArray: boolean
  /** Characters that a text may have, for `varchar(n)` and `char(n)`. */
  readonly lengthMax?: number
}

/** A table as it was when it was looked at. */
export interface TableShape {
  readonly columns: ReadonlyMap<string, Column>
  /** Columns of the primary key, in its order; none when the table has none. */
  readonly primaryKey: readonly string[]
}

/** For a domain, the type below it: the assignment then checks the domain, too. */
const shapeSql = `
WITH RECURSIVE relation AS (
  SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'f')
), base AS (
  SELECT a.attnum, a.attname, a.atttypid AS type, a.atttypmod AS modifier
  FROM pg_attribute a JOIN relation r ON r.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT b.attnum, b.attname, t.typbasetype, t.typtypmod
  FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
)
SELECT b.attname AS name, format_type(b.type, -1) AS "castType",
  (b.type IN ('json'::regtype, 'jsonb'::regtype))::text AS "isJson",
  (t.typcategory = 'A')::text AS "isArray",
  CASE WHEN b.type IN ('varchar'::regtype, 'bpchar'::regtype) AND b.modifier > 4 THEN (b.modifier - 4)::text END AS "lengthMax",
  (SELECT array_position(i.indkey::int2[], b.attnum)::text FROM pg_index i JOIN relation r ON r.oid = i.indrelid
    WHERE i.indisprimary) AS "keyPlace"
FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype <> 'd' ORDER BY b.attnum`

/** Looks at a table. Rejects with what the client throws, or with `sink.failed` when it is not there. */
export async function readTableShape(session: Session, name: TableName): Promise<TableShape> {
  const rows = await session.query(shapeSql, [name.schema, name.table])
  if (rows.length === 0) throw noTable(session, name)
  const keyed = rows.filter(row => row['keyPlace'] !== null)
  keyed.sort((left, right) => Number(left['keyPlace']) - Number(right['keyPlace']))
  return {
    columns: new Map(
      rows.map(({ name: column, castType, isJson, isArray, lengthMax }) => [
        column!,
        {
          name: column!,
          castType: castType!,
          isJson: isJson === 'true',
          isArray: isArray === 'true',
          ...(lengthMax === null ? {} : { lengthMax: Number(lengthMax) }),
        },
      ]),
    ),
    primaryKey: keyed.map(row => row['name']!),
  }
}

function noTable(session: Session, { schema, table }: TableName): AppError {
  return new AppError(
    'sink.failed',
    `${session.place} has no table ${quoted(schema)}.${quoted(table)} that the role may see; create it, or mend the options schema and table`,
    retryBackoff,
  )
}
