import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type * as Binding from './binding.d.ts'

export type NativeBinding = typeof Binding

/**
 * Loads the addon: the one compiled here, else the prebuilt one of the package. Throws when there is none
 * (native/install.mjs makes it). Worker threads each call it for themselves.
 */
export function loadNativeBinding(): NativeBinding {
  const require = createRequire(import.meta.url)
  const load = require('node-gyp-build') as (root: string) => NativeBinding
  return load(fileURLToPath(new URL('../..', import.meta.url)))
}
