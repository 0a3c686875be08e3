const PAGE_SIZE_BYTES = 4096

/** Which pages of a simulated file are on the disk only. All are in memory until they are dropped. */
export class PageCache {
  readonly #missing = new Set<number>()

  /** Nothing of a file of this size is in memory. */
  drop(sizeBytes: number): void {
    for (let page = 0; page * PAGE_SIZE_BYTES < sizeBytes; page += 1) this.#missing.add(page)
  }

  has(position: number, sizeBytes: number): boolean {
    if (this.#missing.size === 0) return true
    for (const page of pagesOf(position, sizeBytes)) if (this.#missing.has(page)) return false
    return true
  }

  /** They were read or written. */
  add(position: number, sizeBytes: number): void {
    if (this.#missing.size === 0) return
    for (const page of pagesOf(position, sizeBytes)) this.#missing.delete(page)
  }
}

function* pagesOf(position: number, sizeBytes: number): Generator<number, void, undefined> {
  for (
    let page = Math.floor(position / PAGE_SIZE_BYTES);
    page * PAGE_SIZE_BYTES < position + sizeBytes;
    page += 1
  ) {
    yield page
  }
}
