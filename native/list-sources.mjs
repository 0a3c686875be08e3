// Prints the C and C++ sources below the given folders, for binding.gyp; a new file needs no edit there.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

for (const folder of process.argv.slice(2)) {
  for (const name of readdirSync(folder, { recursive: true }).sort()) {
    if (/\.(c|cc|S)$/.test(name)) process.stdout.write(`${join(folder, name)}\n`)
  }
}
