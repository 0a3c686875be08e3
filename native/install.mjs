// Makes the addon ready: takes a prebuilt one if it loads here, else compiles it with node-gyp.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const root = dirname(dirname(fileURLToPath(import.meta.url)))

function stop(message) {
  process.stderr.write(`ottla: ${message}\n`)
  process.exit(1)
}

function prebuiltLoads() {
  if (!existsSync(join(root, 'prebuilds'))) return false
  const { resolve } = require('node-gyp-build')
  try {
    const path = resolve(root)
    require(path)
    return !path.includes(join('build', 'Release'))
  } catch (error) {
    process.stderr.write(`ottla: no prebuilt addon fits (${error.message}), compiling\n`)
    return false
  }
}

/** Headers beside the running binary need no download; npm_config_nodedir is read by node-gyp itself. */
function headerArguments() {
  if (process.env.npm_config_nodedir !== undefined) return []
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : []
}

function compile(configuration) {
  const gyp = require.resolve('node-gyp/bin/node-gyp.js')
  const jobs = `--jobs=${Math.min(availableParallelism(), 4)}`
  // Configured again each time: the list of sources may have changed. What is up to date is not compiled again.
  const commands = [
    ['configure', ...headerArguments()],
    ['build', jobs],
  ]
  for (const command of commands) {
    const args = [gyp, ...command, configuration, '--loglevel=warn']
    const { status } = spawnSync(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    if (status !== 0) stop('the native addon could not be compiled (it needs python3, make and g++)')
  }
}

if (platform() !== 'linux') stop(`runs on Linux (x64, arm64) only, not yet on ${platform()}`)
if (process.argv.includes('--debug')) compile('--debug')
else if (!prebuiltLoads()) compile('--release')
