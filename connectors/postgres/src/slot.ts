import { AppError, retryNever } from '@millrace/spi'
import { postgresError } from './errors.ts'
import { quoted, quotedTable, quotedText, type TableName } from './identifier.ts'
import type { Session } from './session.ts'

/** What a stream needs on the server. */
export interface SlotPlan {
  readonly slot: string
  readonly publication: string
  readonly create: boolean
  /** Tables of a publication that is created; all of the database when there are none. */
  readonly tables: readonly TableName[]
  /** A snapshot belongs to the moment in which its slot is created. `again`: the last try was not finished. */
  readonly snapshot: 'none' | 'first' | 'again'
  /** Called before a slot is created for a snapshot: from then on it is this stream's, to be dropped for another try. */
  readonly beforeSnapshot: () => Promise<void>
}

/** A slot that was made just now, with the snapshot that others may take as long as the session asks nothing else. */
export interface NewSlot {
  readonly consistentLsn: string
  readonly snapshot: string
}

/**
 * Sees to it that publication and slot are there, and can be read from; creates them where the plan says so. The session is
 * one of replication. Rejects with an AppError that says what is missing and what to do.
 */
export async function prepareSlot(session: Session, plan: SlotPlan): Promise<NewSlot | undefined> {
  try {
    await checkLogical(session)
    await preparePublication(session, plan)
    return await prepareSlotOf(session, plan)
  } catch (thrown) {
    throw postgresError(thrown, 'source', session.place)
  }
}

async function checkLogical(session: Session): Promise<void> {
  const [row] = await session.command("SELECT setting FROM pg_settings WHERE name = 'wal_level'")
  const level = row?.['setting']
  if (level === 'logical') return
  throw refused(
    'source.rejected',
    `${session.place} has wal_level = ${level}; set wal_level = logical in postgresql.conf (or by ALTER SYSTEM) and restart the server`,
  )
}

async function preparePublication(
  session: Session,
  { publication, create, tables }: SlotPlan,
): Promise<void> {
  const found = await session.command(
    `SELECT 1 FROM pg_publication WHERE pubname = ${quotedText(publication)}`,
  )
  if (found.length > 0) return
  if (!create) {
    throw refused(
      'source.not-found',
      `${session.place} has no publication ${publication}; CREATE PUBLICATION it FOR TABLE …, or set the option create`,
    )
  }
  const of = tables.length === 0 ? 'FOR ALL TABLES' : `FOR TABLE ${tables.map(quotedTable).join(', ')}`
  await session.command(`CREATE PUBLICATION ${quoted(publication)} ${of}`)
}

async function prepareSlotOf(session: Session, plan: SlotPlan): Promise<NewSlot | undefined> {
  const { slot, snapshot, create } = plan
  const [row] = await session.command(
    `SELECT plugin, database, coalesce(wal_status, '') AS status FROM pg_replication_slots WHERE slot_name = ${quotedText(slot)}`,
  )
  if (row !== undefined && snapshot === 'again')
    await session.command(`DROP_REPLICATION_SLOT ${quoted(slot)} WAIT`)
  else if (row !== undefined) {
    await checkSlot(session, slot, row)
    if (snapshot === 'none') return undefined
    throw refused(
      'source.rejected',
      `${session.place} has the slot ${slot} already; an initial snapshot is taken in the moment in which the slot is created: drop it, name another, or set snapshot to none`,
    )
  } else if (!create && snapshot === 'none') {
    throw refused(
      'source.not-found',
      `${session.place} has no replication slot ${slot}; create it by SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput'), or set the option create`,
    )
  }
  if (snapshot !== 'none') await plan.beforeSnapshot()
  const what = snapshot === 'none' ? 'NOEXPORT_SNAPSHOT' : 'EXPORT_SNAPSHOT'
  const [made] = await session.command(`CREATE_REPLICATION_SLOT ${quoted(slot)} LOGICAL pgoutput ${what}`)
  if (snapshot === 'none') return undefined
  return { consistentLsn: made?.['consistent_point'] ?? '', snapshot: made?.['snapshot_name'] ?? '' }
}

async function checkSlot(
  session: Session,
  slot: string,
  { plugin, database, status }: Readonly<Record<string, string | null>>,
): Promise<void> {
  const [here] = await session.command('SELECT current_database() AS name')
  const words =
    plugin !== 'pgoutput'
      ? `is read by the plug-in ${plugin ?? 'of physical replication'}, not by pgoutput; name another`
      : database !== here?.['name']
        ? `belongs to the database ${database}; name another`
        : status === 'lost'
          ? 'was given up by the server, because too much waited for it (max_slot_wal_keep_size): changes are lost; drop it and begin anew'
          : undefined
  if (words !== undefined)
    throw refused('source.rejected', `${session.place} has a slot ${slot} that ${words}`)
}

function refused(code: string, message: string): AppError {
  return new AppError(code, message, retryNever)
}
