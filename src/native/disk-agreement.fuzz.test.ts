import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Disk, FileHandle, OpenMode } from '../base/disk.ts'
import { StorageError } from '../base/storage-error.ts'
import { NativeDisk } from './disk.ts'
import { loadNativeBinding } from './load.ts'
import { SimDisk } from './sim-disk.ts'

/** The steps speak of files by name and of open files by the order in which they were opened. */
type FileStep =
  | { readonly kind: 'close'; readonly index: number }
  | { readonly kind: 'sync'; readonly index: number }
  | { readonly kind: 'size'; readonly index: number }
  | {
      readonly kind: 'write'
      readonly index: number
      readonly sizes: readonly number[]
      readonly position: number
    }
  | { readonly kind: 'read'; readonly index: number; readonly at: number }
  | { readonly kind: 'truncate'; readonly index: number; readonly at: number }
type NameStep =
  | { readonly kind: 'open'; readonly name: string; readonly mode: OpenMode }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string }
  | { readonly kind: 'unlink' | 'mkdir' | 'rmdir' | 'list' | 'exists' | 'syncdir'; readonly name: string }
type Step = FileStep | NameStep

const NAMES = ['a', 'b', 'd', 'd/a', 'd/b', 'none/a']
const nameOf = fc.constantFrom(...NAMES)
const indexOf = fc.nat(5)
const positionOf = fc.nat(20_000)

const stepOf: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('open'),
    name: nameOf,
    mode: fc.constantFrom<OpenMode>('read', 'write', 'create'),
  }),
  fc.record({ kind: fc.constant('close'), index: indexOf }),
  fc.record({ kind: fc.constant('sync'), index: indexOf }),
  fc.record({ kind: fc.constant('size'), index: indexOf }),
  fc.record({
    kind: fc.constant('write'),
    index: indexOf,
    sizes: fc.array(fc.nat(6000), { maxLength: 4 }),
    position: positionOf,
  }),
  fc.record({ kind: fc.constant('read'), index: indexOf, at: positionOf }),
  fc.record({ kind: fc.constant('truncate'), index: indexOf, at: positionOf }),
  fc.record({ kind: fc.constant('rename'), name: nameOf, to: nameOf }),
  fc.record({
    kind: fc.constantFrom('unlink', 'mkdir', 'rmdir', 'list', 'exists', 'syncdir'),
    name: nameOf,
  }),
)

/** Runs the steps and answers what could be seen, errors by their code. */
class Run {
  readonly #disk: Disk
  readonly #root: string
  readonly #open: { file: FileHandle; writable: boolean }[] = []

  constructor(disk: Disk, root: string) {
    this.#disk = disk
    this.#root = root
  }

  step(step: Step): unknown {
    try {
      return 'index' in step ? this.#onFile(step) : this.#onName(step)
    } catch (error) {
      if (error instanceof StorageError) return error.code
      throw error
    }
  }

  closeAll(): void {
    for (const { file } of this.#open) this.#disk.close(file)
  }

  #onFile(step: FileStep): unknown {
    const open = this.#open[step.index]
    if (open === undefined) return 'no such file'
    if (step.kind === 'close') {
      this.#open.splice(step.index, 1)
      return this.#disk.close(open.file)
    }
    if (step.kind === 'size') return this.#disk.sizeBytes(open.file)
    if (step.kind === 'sync') return this.#disk.fdatasync(open.file)
    if (step.kind === 'read') {
      const into = new Uint8Array(7000)
      return [this.#disk.pread(open.file, into, step.at), Buffer.from(into).toString('base64')]
    }
    if (!open.writable) return 'read only'
    if (step.kind === 'truncate') return this.#disk.truncate(open.file, step.at)
    const buffers = step.sizes.map((size, index) => new Uint8Array(size).fill(65 + index))
    return this.#disk.pwritev(open.file, buffers, step.position)
  }

  #onName(step: NameStep): unknown {
    const path = `${this.#root}/${step.name}`
    if (step.kind === 'open') {
      this.#open.push({ file: this.#disk.open(path, step.mode), writable: step.mode !== 'read' })
      return 'open'
    }
    if (step.kind === 'rename') return this.#disk.rename(path, `${this.#root}/${step.to}`)
    if (step.kind === 'unlink') return this.#disk.unlink(path)
    if (step.kind === 'mkdir') return this.#disk.makeDirectory(path)
    if (step.kind === 'rmdir') return this.#disk.removeDirectory(path)
    // Not the same clock dates the files.
    if (step.kind === 'list') return this.#disk.list(path).map(entry => ({ ...entry, modifiedAtMs: 0 }))
    if (step.kind === 'exists') return this.#disk.exists(path)
    return this.#disk.syncDirectory(path)
  }
}

/** Renames between directories: the simulated disk refuses them on purpose. */
function isComparable(step: Step): boolean {
  return step.kind !== 'rename' || directoryOf(step.name) === directoryOf(step.to)
}

function directoryOf(name: string): string {
  return name.includes('/') ? name.slice(0, name.indexOf('/')) : ''
}

test('the simulated disk behaves as the machine does, errors included', () => {
  const native = new NativeDisk(loadNativeBinding())
  fc.assert(
    fc.property(fc.array(stepOf.filter(isComparable), { maxLength: 40 }), steps => {
      const root = mkdtempSync(join(tmpdir(), 'ottla-agreement-'))
      const simulated = new SimDisk({ schedule: callback => callback() })
      simulated.makeDirectory(root)
      const real = new Run(native, root)
      const model = new Run(simulated, root)
      try {
        for (const step of steps) expect([step, model.step(step)]).toEqual([step, real.step(step)])
      } finally {
        real.closeAll()
        model.closeAll()
        rmSync(root, { recursive: true })
      }
    }),
    { numRuns: 500 },
  )
})
