import type { BrokerConfig } from './broker-config.ts'
import { ACCEPTED_KEYS, BROKER_DEFINITIONS, KRAFT_KEY } from './definitions/broker-definitions.ts'
import { nearestName } from './nearest-name.ts'
import { parseNumber, problemOfValue } from './parse-value.ts'
import { resolveListeners } from './resolve-listeners.ts'

export type BrokerConfigResult =
  | { readonly ok: true; readonly config: BrokerConfig; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] }

const MS_PER_MINUTE = 60_000

/** Checks and types the entries of a server.properties. Every problem is one line, and all are found in one pass. */
export function parseBrokerConfig(entries: ReadonlyMap<string, string>): BrokerConfigResult {
  const warnings = warningsOf(entries)
  const problems: string[] = []
  for (const [name, value] of entries) {
    const definition = BROKER_DEFINITIONS.get(name)
    const problem = definition === undefined ? null : problemOfValue(definition, value)
    if (problem !== null) problems.push(problem)
  }
  if (problems.length > 0) return { ok: false, problems }
  const text = (name: string) => entries.get(name)?.trim() ?? BROKER_DEFINITIONS.get(name)?.default ?? null
  const listeners = resolveListeners(text, entries.has('listeners'))
  problems.push(...listeners.problems)
  warnings.push(...listeners.warnings)
  const logDirs = (text('log.dirs') ?? text('log.dir') ?? '').split(',').map(path => path.trim())
  if (!isOneNodeId(text, entries)) problems.push('node.id and broker.id, its older name, differ')
  if (logDirs.some(path => path === '')) problems.push('log.dirs names an empty path')
  if (new Set(logDirs).size !== logDirs.length) problems.push('log.dirs names a directory twice')
  if (problems.length > 0) return { ok: false, problems }
  const config = {
    ...typedFields(text),
    ...nodeFields(entries, text),
    listeners: listeners.listeners,
    advertisedListeners: listeners.advertisedListeners,
    logDirs,
    staticEntries: new Map(entries),
  }
  return { ok: true, config, warnings }
}

function warningsOf(entries: ReadonlyMap<string, string>): string[] {
  const warnings: string[] = []
  const quorumKeys: string[] = []
  const keysWithoutEffect: string[] = []
  for (const name of entries.keys()) {
    if (BROKER_DEFINITIONS.get(name)?.effect === 'none') keysWithoutEffect.push(name)
    if (BROKER_DEFINITIONS.has(name) || ACCEPTED_KEYS.has(name)) continue
    if (KRAFT_KEY.test(name)) {
      quorumKeys.push(name)
      continue
    }
    const nearest = nearestName(name, BROKER_DEFINITIONS.keys())
    warnings.push(
      `unknown configuration key ${name}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
    )
  }
  if (quorumKeys.length > 0) {
    warnings.push(`ignored, because there is no controller quorum here: ${quorumKeys.join(', ')}`)
  }
  if (keysWithoutEffect.length > 0) {
    warnings.push(`known, but without effect yet: ${keysWithoutEffect.join(', ')}`)
  }
  return warnings
}

type Text = (name: string) => string | null

function isOneNodeId(text: Text, entries: ReadonlyMap<string, string>): boolean {
  const brokerId = parseNumber(text('broker.id') ?? '-1')
  return brokerId < 0 || !entries.has('node.id') || brokerId === parseNumber(text('node.id')!)
}

function nodeFields(entries: ReadonlyMap<string, string>, text: Text) {
  const brokerId = parseNumber(text('broker.id') ?? '-1')
  const nodeId = entries.has('node.id') || brokerId < 0 ? parseNumber(text('node.id')!) : brokerId
  return { nodeId, rack: text('broker.rack') }
}

function typedFields(text: Text) {
  const number = (name: string) => parseNumber(text(name)!)
  const flag = (name: string) => text(name)!.toLowerCase() === 'true'
  const unflushedText = text('ottla.unflushed.max.bytes')
  const durability: 'group' | 'os' = text('ottla.durability') === 'os' ? 'os' : 'group'
  return {
    durability,
    unflushedMaxBytes: unflushedText === null ? null : parseNumber(unflushedText),
    partitionCount: number('num.partitions'),
    replicationFactor: number('default.replication.factor'),
    autoCreateTopics: flag('auto.create.topics.enable'),
    deleteTopicEnabled: flag('delete.topic.enable'),
    fetchMaxBytes: number('fetch.max.bytes'),
    fetchSessionsMax: number('max.incremental.fetch.session.cache.slots'),
    describeTopicPartitionsMax: number('max.request.partition.size.limit'),
    connectionsMaxIdleMs: number('connections.max.idle.ms'),
    connectionsMax: number('max.connections'),
    connectionsPerAddressMax: number('max.connections.per.ip'),
    requestMaxBytes: number('socket.request.max.bytes'),
    queuedRequestMaxBytes: number('queued.max.request.bytes'),
    offsetsTopicPartitionCount: number('offsets.topic.num.partitions'),
    offsetsTopicReplicationFactor: number('offsets.topic.replication.factor'),
    offsetsTopicSegmentSizeBytes: number('offsets.topic.segment.bytes'),
    offsetsRetentionMs: number('offsets.retention.minutes') * MS_PER_MINUTE,
    offsetsRetentionCheckIntervalMs: number('offsets.retention.check.interval.ms'),
    offsetMetadataCharsMax: number('offset.metadata.max.bytes'),
    groupSessionTimeoutMinMs: number('group.min.session.timeout.ms'),
    groupSessionTimeoutMaxMs: number('group.max.session.timeout.ms'),
    groupSizeMax: number('group.max.size'),
    groupInitialRebalanceDelayMs: number('group.initial.rebalance.delay.ms'),
    producerIdExpirationMs: number('producer.id.expiration.ms'),
    producerIdExpirationCheckIntervalMs: number('producer.id.expiration.check.interval.ms'),
    retentionCheckIntervalMs: number('log.retention.check.interval.ms'),
    recoveryThreads: number('num.recovery.threads.per.data.dir'),
    flushSchedulerIntervalMs: number('log.flush.scheduler.interval.ms'),
    recoveryCheckpointIntervalMs: number('log.flush.offset.checkpoint.interval.ms'),
    groupJournalMaxBytes: number('ottla.group.journal.bytes'),
    startCheckpointIntervalMs: number('log.flush.start.offset.checkpoint.interval.ms'),
  }
}
