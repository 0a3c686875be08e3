import type { Random } from '../../base/random.ts'
import { PageCache } from './page-cache.ts'
import { SparseBytes } from './sparse-bytes.ts'

/** The unit a disk writes whole or not at all. */
const SECTOR_SIZE_BYTES = 512

type FileChange =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly sizeBytes: number }

/** A simulated file: what readers see, what the platter holds, and what stands between the two. */
export class SimFile {
  readonly isDirectory = false
  readonly pages = new PageCache()
  readonly #current: SparseBytes
  readonly #durable: SparseBytes
  readonly #wallMs: () => number
  #unsynced: FileChange[] = []
  /** The pages before it were written out; what a power cut leaves of them is as open as before. */
  #writtenOutPosition = 0
  /** Changes since the file was opened first, the unsynced ones included. */
  #changeCount = 0
  #modifiedAtMs: number

  constructor(
    wallMs: () => number,
    content: SparseBytes = new SparseBytes(),
    modifiedAtMs: number = wallMs(),
  ) {
    this.#wallMs = wallMs
    this.#durable = content
    this.#current = content.clone()
    this.#modifiedAtMs = modifiedAtMs
  }

  get modifiedAtMs(): number {
    return this.#modifiedAtMs
  }

  get sizeBytes(): number {
    return this.#current.sizeBytes
  }

  /** Written bytes that are in memory only. */
  get dirtyBytes(): number {
    let sizeBytes = 0
    for (const change of this.#unsynced) {
      if (change.kind !== 'write') continue
      const endPosition = change.position + change.bytes.length
      sizeBytes += Math.min(change.bytes.length, Math.max(0, endPosition - this.#writtenOutPosition))
    }
    return sizeBytes
  }

  get changeCount(): number {
    return this.#changeCount
  }

  read(into: Uint8Array, position: number): number {
    return this.#current.read(into, position)
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return
    this.pages.add(position, bytes.length)
    this.#change({ kind: 'write', position, bytes: bytes.slice() })
  }

  truncate(sizeBytes: number): void {
    this.#change({ kind: 'truncate', sizeBytes })
  }

  /** Of a file that grows at its end. */
  writtenOutTo(position: number): void {
    this.#writtenOutPosition = Math.max(this.#writtenOutPosition, position)
  }

  /** The end of a sync that was begun when there were `changeCount` changes; it does not see later ones. */
  sync(changeCount = this.#changeCount): void {
    const laterCount = Math.min(this.#changeCount - changeCount, this.#unsynced.length)
    const synced = this.#unsynced.splice(0, this.#unsynced.length - laterCount)
    for (const change of synced) apply(this.#durable, change)
  }

  /**
   * What Linux does when a write-back fails: the pages count as clean, readers go on seeing them, and the next sync
   * succeeds although they never reached the disk.
   */
  failSync(): void {
    this.#unsynced = []
  }

  /** The file after a power cut. Any part of what was not synced may be there, in pieces of a sector. */
  crash(random: Random): SimFile {
    const content = this.#durable.clone()
    const changes = this.#unsynced
    const largest = Math.max(content.sizeBytes, this.sizeBytes)
    if (changes.length === 0) return new SimFile(this.#wallMs, content, this.#modifiedAtMs)
    const style = random.below(4)
    if (style === 1) for (const change of changes) apply(content, change)
    if (style === 2) applyPrefix(content, changes, random)
    if (style === 3) for (const change of changes) applyPieces(content, change, random)
    // The new size may reach the disk without the data below it: zeros.
    if (style !== 0 && largest > content.sizeBytes && random.below(3) === 0) {
      content.extend(content.sizeBytes + random.below(largest - content.sizeBytes + 1))
    }
    return new SimFile(this.#wallMs, content, this.#modifiedAtMs)
  }

  #change(change: FileChange): void {
    this.#modifiedAtMs = this.#wallMs()
    this.#unsynced.push(change)
    this.#changeCount += 1
    apply(this.#current, change)
  }
}

function apply(content: SparseBytes, change: FileChange): void {
  if (change.kind === 'write') content.write(change.bytes, change.position)
  else content.truncate(change.sizeBytes)
}

/** Everything before a random point, and pieces of the change at that point. */
function applyPrefix(content: SparseBytes, changes: readonly FileChange[], random: Random): void {
  const end = random.below(changes.length)
  for (const change of changes.slice(0, end)) apply(content, change)
  const torn = changes[end]
  if (torn !== undefined) applyPieces(content, torn, random)
}

/** Each sector of the change with one chance in two. */
function applyPieces(content: SparseBytes, change: FileChange, random: Random): void {
  if (change.kind !== 'write') {
    if (random.below(2) === 0) apply(content, change)
    return
  }
  const { bytes, position } = change
  let start = 0
  while (start < bytes.length) {
    const sectorEnd = SECTOR_SIZE_BYTES - ((position + start) % SECTOR_SIZE_BYTES)
    const end = Math.min(bytes.length, start + sectorEnd)
    if (random.below(2) === 0) content.write(bytes.subarray(start, end), position + start)
    start = end
  }
}
