import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Message } from '../../src/protocol/schema.ts'

/** The messages of one schema file, in the order of the alphabet. */
export interface SchemaFile {
  /** File name without its ending; the generated file is called the same. */
  readonly name: string
  readonly messages: readonly Message[]
}

const SCHEMAS = join(import.meta.dirname, '../../src/protocol/schemas')

async function loadDirectory(directory: string): Promise<SchemaFile[]> {
  const files: SchemaFile[] = []
  for (const file of readdirSync(directory).sort()) {
    if (!file.endsWith('.ts')) continue
    const exported: Record<string, Message> = await import(pathToFileURL(join(directory, file)).href)
    files.push({ name: file.slice(0, -3), messages: Object.values(exported) })
  }
  return files
}

/** Schemas of the APIs: a request and a response each. */
export async function loadApiSchemas(): Promise<SchemaFile[]> {
  return loadDirectory(SCHEMAS)
}

/** Schemas of headers and of records in internal topics. */
export async function loadInternalSchemas(): Promise<SchemaFile[]> {
  return loadDirectory(join(SCHEMAS, 'internal'))
}
