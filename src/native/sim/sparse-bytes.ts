const PAGE_SIZE_BYTES = 4096

/** The bytes of a simulated file. What was never written reads as zeros and takes no memory. */
export class SparseBytes {
  readonly #pages = new Map<number, Uint8Array>()
  #sizeBytes = 0

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  clone(): SparseBytes {
    const copy = new SparseBytes()
    for (const [pageIndex, page] of this.#pages) copy.#pages.set(pageIndex, page.slice())
    copy.#sizeBytes = this.#sizeBytes
    return copy
  }

  write(bytes: Uint8Array, position: number): void {
    let done = 0
    while (done < bytes.length) {
      const at = position + done
      const start = at % PAGE_SIZE_BYTES
      const count = Math.min(PAGE_SIZE_BYTES - start, bytes.length - done)
      this.#page((at - start) / PAGE_SIZE_BYTES).set(bytes.subarray(done, done + count), start)
      done += count
    }
    this.extend(position + bytes.length)
  }

  /** Answers how many bytes there were before the end. */
  read(into: Uint8Array, position: number): number {
    const total = Math.max(0, Math.min(into.length, this.#sizeBytes - position))
    let done = 0
    while (done < total) {
      const at = position + done
      const start = at % PAGE_SIZE_BYTES
      const count = Math.min(PAGE_SIZE_BYTES - start, total - done)
      const page = this.#pages.get((at - start) / PAGE_SIZE_BYTES)
      if (page === undefined) into.fill(0, done, done + count)
      else into.set(page.subarray(start, start + count), done)
      done += count
    }
    return total
  }

  /** Grows to `sizeBytes`, never shrinks. */
  extend(sizeBytes: number): void {
    this.#sizeBytes = Math.max(this.#sizeBytes, sizeBytes)
  }

  /** Cuts or extends; what is cut reads as zeros should the file grow again. */
  truncate(sizeBytes: number): void {
    const lastPage = Math.floor(sizeBytes / PAGE_SIZE_BYTES)
    for (const pageIndex of [...this.#pages.keys()]) {
      if (pageIndex > lastPage) this.#pages.delete(pageIndex)
    }
    this.#pages.get(lastPage)?.fill(0, sizeBytes % PAGE_SIZE_BYTES)
    this.#sizeBytes = sizeBytes
  }

  #page(pageIndex: number): Uint8Array {
    let page = this.#pages.get(pageIndex)
    if (page === undefined) {
      page = new Uint8Array(PAGE_SIZE_BYTES)
      this.#pages.set(pageIndex, page)
    }
    return page
  }
}
