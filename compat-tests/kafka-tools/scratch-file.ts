import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file of this text, for a tool that takes no other way; it is gone when `use` has ended. */
export async function withFile<T>(text: string, use: (path: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-kafka-tools-'))
  try {
    const path = join(directory, 'file')
    writeFileSync(path, text)
    return await use(path)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
