import { z } from 'zod';
import { type AuditRow, versionRefSchema } from '../../shared/release/release.js';
import type { AuditTimes } from './version-ages.js';
import { type AuditEntry, type ReleaseState, releaseStateSchema } from '../../shared/release/transitions.js';

/** How many audit rows a model keeps; the oldest go first. */
export const auditRowsMax = 10_000;
/** How many of them one call answers. */
export const auditLimitMax = 1_000;

/** The last rollback: what a repeated call of it is recognised by, and joined to. */
export const fenceRecordSchema = z.strictObject({
  withdrawn: versionRefSchema,
  to: versionRefSchema,
  /** The epochs before and after. */
  fromEpoch: z.int(),
  epoch: z.int(),
  reach: z.enum(['all', 'connected']),
  /** Null until the fence holds. */
  held: z.strictObject({ fencedAt: z.number(), waitedMs: z.number() }).nullable(),
});
export type FenceRecord = z.infer<typeof fenceRecordSchema>;

export interface Change {
  readonly state: ReleaseState;
  readonly rows: readonly AuditEntry[];
  /** Absent: as it is. */
  readonly fence?: FenceRecord | null;
}

/**
 * One model's state in the object's SQLite. Nothing is kept in memory: what was not read from storage may be older than
 * what another instance of this object has written. Tables are made by the first write, so that asking for a model that
 * does not exist leaves nothing behind.
 */
export class ReleaseStore {
  readonly #storage: DurableObjectStorage;
  readonly #now: () => number;

  constructor(storage: DurableObjectStorage, now: () => number) {
    this.#storage = storage;
    this.#now = now;
  }

  state(): ReleaseState | null {
    return this.#get('state', releaseStateSchema);
  }

  fence(): FenceRecord | null {
    return this.#get('fence', fenceRecordSchema);
  }

  /** The epoch of the copy in R2. */
  copiedEpoch(): number {
    return this.#get('copied-epoch', z.int()) ?? -1;
  }

  setCopiedEpoch(epoch: number): void {
    this.#put('copied-epoch', epoch);
  }

  /** All of a change or nothing of it. */
  write({ state, rows, fence }: Change): void {
    this.#storage.transactionSync(() => {
      this.#createTables();
      this.#put('state', state);
      if (fence !== undefined) this.#put('fence', fence);
      for (const row of rows) this.#append(row);
    });
  }

  /** The fence of `record` holds: said in the audit, and in the record if it is still the last. */
  writeHeld(record: FenceRecord, held: NonNullable<FenceRecord['held']>, row: AuditEntry): void {
    this.#storage.transactionSync(() => {
      if (this.fence()?.epoch === record.epoch) this.#put('fence', { ...record, held });
      this.#append(row);
    });
  }

  /** Newest first. */
  audit(limit: number): AuditRow[] {
    if (!this.#hasTables()) return [];
    return this.#storage.sql
      .exec<AuditSqlRow>('SELECT * FROM audit ORDER BY id DESC LIMIT ?', limit)
      .toArray()
      .map(({ from_version, to_version, ...row }) => ({ ...row, from: from_version, to: to_version }));
  }

  /** When things happened to versions, as far as the rows go back. */
  auditTimes(): AuditTimes {
    const latest = (column: 'from_version' | 'to_version', ...actions: AuditRow['action'][]): [string, number][] =>
      this.#storage.sql
        .exec<{ version: string; at: number }>(
          `SELECT ${column} AS version, max(at) AS at FROM audit
           WHERE ${column} IS NOT NULL AND action IN (${actions.map(() => '?').join(', ')}) GROUP BY ${column}`,
          ...actions,
        )
        .toArray()
        .map(({ version, at }) => [version, at]);
    const served = latest('from_version', 'promote', 'rollback');
    for (const [version, at] of latest('to_version', 'promote', 'rollback', 'bake-ended')) {
      served.push([version, Math.max(at, served.find(([name]) => name === version)?.[1] ?? 0)]);
    }
    const [oldest] = this.#storage.sql.exec<{ at: number | null }>('SELECT min(at) AS at FROM audit').toArray();
    return {
      oldestAt: oldest?.at ?? this.#now(),
      publishedAt: new Map(latest('to_version', 'publish')),
      servedAt: new Map(served),
      withdrawnAt: new Map(latest('from_version', 'rollback')),
    };
  }

  #get<T>(key: string, schema: z.ZodType<T>): T | null {
    if (!this.#hasTables()) return null;
    const [row] = this.#storage.sql.exec<{ json: string }>('SELECT json FROM entries WHERE key = ?', key).toArray();
    return row === undefined || row.json === 'null' ? null : schema.parse(JSON.parse(row.json));
  }

  #put(key: string, value: ReleaseState | FenceRecord | number | null): void {
    this.#storage.sql.exec('INSERT OR REPLACE INTO entries (key, json) VALUES (?, ?)', key, JSON.stringify(value));
  }

  #append(row: AuditEntry): void {
    const { sql } = this.#storage;
    sql.exec(
      'INSERT INTO audit (at, epoch, action, who, why, from_version, to_version) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[this.#now(), row.epoch, row.action, row.who, row.why, row.from, row.to],
    );
    sql.exec('DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?', auditRowsMax);
  }

  #hasTables(): boolean {
    return this.#storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'entries'").toArray().length > 0;
  }

  #createTables(): void {
    this.#storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, json TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, epoch INTEGER NOT NULL, action TEXT NOT NULL,
        who TEXT NOT NULL, why TEXT NOT NULL, from_version TEXT, to_version TEXT)`);
  }
}

type AuditSqlRow = {
  id: number;
  at: number;
  epoch: number;
  action: AuditRow['action'];
  who: string;
  why: string;
  from_version: string | null;
  to_version: string | null;
};
