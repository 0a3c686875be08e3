/** Bytes that a look at a log needs, and that are on the disk only: a reader's thread has to fetch them first. */
export class ColdBytes {
  readonly path: string
  readonly position: number
  readonly sizeBytes: number

  constructor(path: string, position: number, sizeBytes: number) {
    this.path = path
    this.position = position
    this.sizeBytes = sizeBytes
  }
}
