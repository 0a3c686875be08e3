import type { Random } from '../../base/random.ts'
import type { SimFile } from './sim-file.ts'

type SimNode = SimFile | SimDirectory

type DirectoryChange =
  | { readonly kind: 'link'; readonly name: string; readonly node: SimNode }
  | { readonly kind: 'unlink'; readonly name: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }

/**
 * A simulated directory. Syncing a file does not make its name durable: only syncing the directory does, and only
 * for the entries of that one directory.
 */
export class SimDirectory {
  readonly isDirectory = true
  readonly sizeBytes = 0
  readonly modifiedAtMs = 0
  readonly #current: Map<string, SimNode>
  readonly #durable: Map<string, SimNode>
  #unsynced: DirectoryChange[] = []

  constructor(entries: ReadonlyMap<string, SimNode> = new Map()) {
    this.#durable = new Map(entries)
    this.#current = new Map(entries)
  }

  get(name: string): SimNode | undefined {
    return this.#current.get(name)
  }

  /** Sorted by code unit, as `Array.prototype.sort` does. */
  names(): string[] {
    return [...this.#current.keys()].sort()
  }

  link(name: string, node: SimNode): void {
    this.#change({ kind: 'link', name, node })
  }

  unlink(name: string): void {
    this.#change({ kind: 'unlink', name })
  }

  /** Replaces `to` in one step. */
  rename(from: string, to: string): void {
    this.#change({ kind: 'rename', from, to })
  }

  sync(): void {
    for (const change of this.#unsynced) apply(this.#durable, change)
    this.#unsynced = []
  }

  /** The directory after a power cut: what was synced and, as in a journal, some of the changes since, in order. */
  crash(random: Random): SimDirectory {
    const entries = new Map(this.#durable)
    const kept = random.below(this.#unsynced.length + 1)
    for (const change of this.#unsynced.slice(0, kept)) apply(entries, change)
    for (const [name, node] of entries) entries.set(name, node.crash(random))
    return new SimDirectory(entries)
  }

  #change(change: DirectoryChange): void {
    this.#unsynced.push(change)
    apply(this.#current, change)
  }
}

function apply(entries: Map<string, SimNode>, change: DirectoryChange): void {
  if (change.kind === 'link') entries.set(change.name, change.node)
  else if (change.kind === 'unlink') entries.delete(change.name)
  else {
    const node = entries.get(change.from)
    entries.delete(change.from)
    if (node !== undefined) entries.set(change.to, node)
  }
}
