import { execFileSync, spawnSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import { KAFKA_VERSION } from './broker-process.ts'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
  readonly commit: string
  /** Null when it was not measured. */
  readonly kafka: string | null
  readonly java: string | null
}

export function describeMachine(hasKafka: boolean): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model ?? 'unknown processor',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    commit: execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim(),
    kafka: hasKafka ? KAFKA_VERSION : null,
    java: hasKafka ? javaVersion() : null,
  }
}

/** The first line; java writes it to its error output. */
function javaVersion(): string {
  const output = spawnSync('java', ['-version'], { encoding: 'utf8' }).stderr
  return output.split('\n')[0]?.replaceAll('"', '') ?? 'Java'
}
