/** The disk refused. `code` is errno's name; caught at the partition or directory border. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly code: string
  readonly syscall: string
  readonly path: string

  constructor(code: string, syscall: string, path: string) {
    super(`${syscall} ${path}: ${code}`)
    this.code = code
    this.syscall = syscall
    this.path = path
  }
}
