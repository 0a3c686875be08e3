import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadApiSchemas, loadInternalSchemas } from './protocol-generator/load-schemas.ts'
import { printFile, printIndex } from './protocol-generator/print-file.ts'

const GENERATED = join(import.meta.dirname, '../src/protocol/generated')

/** Name and text of every file in src/protocol/generated. */
export async function generateProtocol(): Promise<Map<string, string>> {
  const apis = await loadApiSchemas()
  const files = new Map<string, string>()
  for (const file of [...apis, ...(await loadInternalSchemas())])
    files.set(`${file.name}.ts`, printFile(file))
  files.set('index.ts', printIndex(apis))
  return files
}

/** Names of the committed files that differ from what the schemas give, lack or are too many. */
export async function staleFiles(): Promise<string[]> {
  const files = await generateProtocol()
  const committed = new Set(readdirSync(GENERATED))
  const names = new Set([...files.keys(), ...committed])
  const isStale = (name: string) =>
    !committed.has(name) || readFileSync(join(GENERATED, name), 'utf8') !== files.get(name)
  return [...names].filter(isStale)
}

async function main(): Promise<void> {
  if (process.argv.includes('--check')) {
    const stale = await staleFiles()
    if (stale.length === 0) return
    console.error(`run npx tsx tools/generate-protocol.ts: ${stale.join(', ')}`)
    process.exitCode = 1
    return
  }
  rmSync(GENERATED, { recursive: true, force: true })
  mkdirSync(GENERATED, { recursive: true })
  for (const [name, text] of await generateProtocol()) writeFileSync(join(GENERATED, name), text)
}

if (process.argv[1] === import.meta.filename) await main()
