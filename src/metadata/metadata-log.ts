import type { MetadataRecord } from './metadata-record.ts'

/** Where metadata is kept. One writer; `append` is called again only after the promise before has settled. */
export interface MetadataLog {
  /** Every record in order, as they were when the last append resolved. Called once, before the first append. */
  load(): readonly MetadataRecord[]
  /** All or none of the records; durable when it resolves. Rejects with StorageError, and then for ever. */
  append(records: readonly MetadataRecord[]): Promise<void>
  /** Whether so much has been appended since the last snapshot that a new one is due. */
  readonly isSnapshotDue: boolean
  /**
   * Replaces everything that was appended by `records`. Not while an append is under way. A snapshot that the disk
   * refuses is due again; one that leaves the journal in doubt makes every later append reject.
   */
  writeSnapshot(records: readonly MetadataRecord[]): void
  close(): void
}
