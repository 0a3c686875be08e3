import { StorageError } from '../base/storage-error.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import { effectiveTopicConfig } from '../config/config-layers.ts'
import { defaultTopicConfig } from '../config/topic-config.ts'
import { NEW_MEMBER_JOIN_TIMEOUT_MS } from '../coordination/classic-group/group-config.ts'
import { GroupCoordinator } from '../coordination/runtime.ts'
import { EmbeddedMetadataLog } from '../metadata/backends/embedded.ts'
import { configLayersOf } from '../metadata/config-layers-of.ts'
import { isInternalTopic } from '../metadata/image/metadata-image.ts'
import { MetadataStore } from '../metadata/metadata-store.ts'
import type { Connection } from '../network/connection.ts'
import type { BoundListener } from '../network/listener.ts'
import { NetworkServer, type NetworkServerOptions } from '../network/server.ts'
import { DelayedFetches } from '../replication/delayed-fetches.ts'
import { Partitions } from '../replication/partitions.ts'
import type { Log } from '../storage/log.ts'
import type { LogConfig } from '../storage/log-config.ts'
import { LogManager } from '../storage/log-manager.ts'
import { Dispatcher, type FrameKeeper } from './dispatch.ts'
import { FetchSessions } from './fetch-sessions.ts'
import type { BrokerServices } from './handler.ts'
import { HANDLERS } from './handlers.ts'
import { OffsetsTopic } from './offsets-topic.ts'
import { Pass } from './pass.ts'
import type { Platform } from './platform.ts'
import type { RequestOrigin } from './request.ts'

/** Partitions of the whole cluster. */
const PARTITIONS_MAX = 200_000
const GROUPS_PER_SHARD_MAX = 100_000
const FETCH_SESSION_EVICTION_MS = 120_000
/** How long the clean stop waits for answers that are on their way. */
const DRAIN_MAX_MS = 5_000
const DRAIN_CHECK_MS = 10
const UNFINISHED_FRAME_MS = 30_000
const SLOTS_PER_CONNECTION = 64
const WAITING_FRAMES_PER_CONNECTION = 64
const WAITING_BYTES_PER_CONNECTION = 8 * 1024 * 1024
const SEND_QUEUE_HIGH_WATER_BYTES = 4 * 1024 * 1024
const ANONYMOUS = 'User:ANONYMOUS'

/** Builds one broker out of its rooms, and takes it down again. No decision is made here. */
export class Broker {
  readonly #config: BrokerConfig
  readonly #platform: Platform
  readonly #logs: LogManager
  readonly #metadata: MetadataStore
  readonly #partitions: Partitions
  readonly #delayedFetches: DelayedFetches
  readonly #groups: GroupCoordinator
  readonly #pass: Pass
  readonly #dispatcher: Dispatcher
  readonly #network: NetworkServer
  readonly #listeners: BoundListener[] = []
  #closing: Promise<void> | null = null

  /**
   * Opens the directories, recovers, listens. StorageError EWOULDBLOCK when another process holds a directory, EBADMSG
   * when it belongs to another cluster or node; NetworkError when a port can't be had. Nothing is left behind then.
   */
  static async start(config: BrokerConfig, platform: Platform): Promise<Broker> {
    let broker: Broker | null = null
    const logs = await LogManager.open(platform, {
      logDirectories: config.logDirs,
      clusterId: null,
      nodeId: config.nodeId,
      // The topics' own settings are in the metadata, whose journal needs the lock that this takes.
      configOf: () => defaultTopicConfig,
      retentionCheckIntervalMs: config.retentionCheckIntervalMs,
      checkpointIntervalMs: Math.min(config.recoveryCheckpointIntervalMs, config.startCheckpointIntervalMs),
      producerIdExpirationMs: config.producerIdExpirationMs,
      openSegmentsMax: platform.openSegmentsMax,
      producerIdExpirationCheckIntervalMs: config.producerIdExpirationCheckIntervalMs,
      flushCheckIntervalMs: config.flushSchedulerIntervalMs,
      onDurable: log => broker?.onDurable(log),
      onDurablePassEnd: () => broker?.onDurablePassEnd(),
      onDirectoryFailure: (_directory, failed) => broker?.onDirectoryFailure(failed),
    })
    const metadata = openMetadata(config, platform)
    try {
      await metadata.start(logs.clusterId)
      if (metadata.clusterId !== logs.clusterId) {
        throw new StorageError('EBADMSG', 'check', `${config.logDirs[0]}/meta.properties`)
      }
      broker = new Broker(config, platform, logs, metadata)
      await broker.#open()
      return broker
    } catch (error) {
      if (broker !== null) await broker.close()
      else {
        await metadata.close()
        await logs.close()
      }
      throw error
    }
  }

  private constructor(config: BrokerConfig, platform: Platform, logs: LogManager, metadata: MetadataStore) {
    this.#config = config
    this.#platform = platform
    this.#logs = logs
    this.#metadata = metadata
    this.#partitions = new Partitions({
      logs,
      timers: platform.timers,
      logger: platform.logger,
      configOf: topicName => this.#topicConfig(topicName),
      batchNative: platform.batchNative,
      schedulePass: () => this.#pass.schedule(),
      onTopicDeleted: topicName => this.#groups.onTopicDeleted(topicName),
    })
    this.#delayedFetches = new DelayedFetches(platform.timers, () => this.#pass.schedule())
    this.#pass = new Pass({
      partitions: this.#partitions,
      delayedFetches: this.#delayedFetches,
      flushNetwork: () => this.#network.flush(),
    })
    this.#groups = this.#createGroups()
    this.#dispatcher = this.#createDispatcher()
    this.#network = this.#createNetwork()
  }

  /** `host:port` of every listener, as clients are told, joined with commas. */
  get bootstrapServers(): string {
    return this.#listeners
      .map(({ entry }) => this.#advertisedEndpoint(entry.name))
      .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
      .join(',')
  }

  /** For metrics, and for tests that look for leaks. */
  get connectionCount(): number {
    return this.#network.connectionCount
  }

  /** Fetches that wait for more to read. */
  get parkedFetchCount(): number {
    return this.#delayedFetches.count
  }

  get metadata(): MetadataStore {
    return this.#metadata
  }

  /**
   * The clean stop; docs/ARCHITECTURE.md has the reasons for its order. Answers when the marker is written; a second
   * call waits for the first.
   */
  close(): Promise<void> {
    this.#closing ??= this.#stop()
    return this.#closing
  }

  async #open(): Promise<void> {
    await this.#partitions.start(this.#metadata.image)
    this.#metadata.onChange((record, image) => this.#partitions.apply(record, image))
    for (const [listenerId, listener] of this.#config.listeners.entries()) {
      const { name, host, port, securityProtocol } = listener
      this.#listeners.push(this.#network.listen({ name, host, port, protocol: securityProtocol }, listenerId))
    }
    void this.#groups.start()
  }

  async #stop(): Promise<void> {
    this.#network.stopAccepting()
    this.#delayedFetches.expireAll()
    this.#groups.close()
    for (const connection of this.#network.connections()) connection.close()
    this.#pass.schedule()
    await this.#drain()
    this.#network.close()
    // The journal lies in a directory whose lock the logs hold: they go last.
    await this.#metadata.close()
    await this.#partitions.close()
    await this.#logs.close()
  }

  private onDurable(log: Log): void {
    this.#partitions.onDurable(log)
  }

  private onDurablePassEnd(): void {
    this.#delayedFetches.retryDirty()
    this.#network.flush()
  }

  private onDirectoryFailure(logs: readonly Log[]): void {
    this.#partitions.onDirectoryFailure(logs)
    // Readers that wait hear of it now, not after max_wait_ms.
    this.#pass.schedule()
  }

  /** Bounded: a client that does not read its answers holds nothing up for long. */
  async #drain(): Promise<void> {
    const { clock, timers } = this.#platform
    const deadlineMs = clock.monotonicMs() + DRAIN_MAX_MS
    while (this.#network.connectionCount > 0 && clock.monotonicMs() < deadlineMs) {
      await new Promise<void>(resolve => {
        timers.set(DRAIN_CHECK_MS, resolve)
      })
    }
  }

  /** Internal topics always wait for the disk, whatever the broker's durability. */
  #topicConfig(topicName: string): LogConfig {
    const config = effectiveTopicConfig(configLayersOf(this.#metadata.image, this.#config, topicName))
    return isInternalTopic(topicName) ? { ...config, durability: 'group' } : config
  }

  #createGroups(): GroupCoordinator {
    const { clock, timers, random, logger, disk, batchNative } = this.#platform
    const { crc32c, decompress } = batchNative
    const config = this.#config
    const { image } = this.#metadata
    return new GroupCoordinator({
      log: new OffsetsTopic({
        config,
        metadata: this.#metadata,
        partitions: this.#partitions,
        disk,
        crc32c,
        decompress,
        schedulePass: () => this.#pass.schedule(),
      }),
      topics: {
        hasTopic: name => image.topic(name) !== undefined,
        topicName: topicId => image.topicById(topicId)?.name,
        topicId: name => image.topic(name)?.topicId,
      },
      clock,
      timers,
      random,
      logger,
      config: {
        sessionTimeoutMinMs: config.groupSessionTimeoutMinMs,
        sessionTimeoutMaxMs: config.groupSessionTimeoutMaxMs,
        offsetsRetentionCheckIntervalMs: config.offsetsRetentionCheckIntervalMs,
        offsetsRetentionMs: config.offsetsRetentionMs,
        offsetMetadataCharsMax: config.offsetMetadataCharsMax,
        groupsMax: GROUPS_PER_SHARD_MAX,
        groupSizeMax: config.groupSizeMax,
        newMemberJoinTimeoutMs: NEW_MEMBER_JOIN_TIMEOUT_MS,
        initialRebalanceDelayMs: config.groupInitialRebalanceDelayMs,
      },
    })
  }

  #createDispatcher(): Dispatcher {
    const { clock, logger, random } = this.#platform
    const services: BrokerServices = {
      config: this.#config,
      clock,
      logger,
      metadata: this.#metadata,
      partitions: this.#partitions,
      groups: this.#groups,
      fetchSessions: new FetchSessions({
        slotsMax: this.#config.fetchSessionsMax,
        evictionMs: FETCH_SESSION_EVICTION_MS,
        random,
      }),
      delayedFetches: this.#delayedFetches,
      advertisedEndpoint: listenerName => this.#advertisedEndpoint(listenerName),
    }
    const frames: FrameKeeper = {
      retainSlab: slabIndex => this.#network.retainSlab(slabIndex),
      releaseSlab: slabIndex => this.#network.releaseSlabAfterPass(slabIndex),
    }
    const handlers = new Map(HANDLERS.map(handler => [handler.apiKey, handler]))
    return new Dispatcher({
      handlers,
      services,
      clock,
      logger,
      onCompletedLater: () => this.#pass.schedule(),
      frames,
    })
  }

  #createNetwork(): NetworkServer {
    const dispatcher = this.#dispatcher
    return new NetworkServer(this.#platform, networkOptions(this.#config, this.#platform.connectionsMax), {
      onRequest: (connection, slot, bytes, slabIndex) =>
        dispatcher.dispatch(slot, bytes, slabIndex, connection.session as RequestOrigin),
      onPassEnd: () => this.#pass.end(),
      onSent: () => this.#logs.rangesSent(),
      canOverlap: (pendingApiKeys, apiKey) => dispatcher.canOverlap(pendingApiKeys, apiKey),
      onConnectionOpened: connection => {
        connection.session = this.#originOf(connection)
      },
      onConnectionClosed: connection => dispatcher.connectionClosed(connection),
    })
  }

  #originOf({ listenerId, remoteAddress, remotePort }: Connection): RequestOrigin {
    const listenerName = this.#config.listeners[listenerId]!.name
    return { listenerName, remoteAddress, remotePort, principal: ANONYMOUS }
  }

  /** NET-10: what is advertised for the listener, else where it listens; port 0 is known once it does. */
  #advertisedEndpoint(listenerName: string): { readonly host: string; readonly port: number } {
    const advertised = this.#config.advertisedListeners.find(({ name }) => name === listenerName)
    const bound = this.#listeners.find(({ entry }) => entry.name === listenerName)
    if (advertised !== undefined)
      return { host: advertised.host, port: advertised.port || (bound?.port ?? 0) }
    const host = bound?.entry.host ?? ''
    return { host: host === '127.0.0.1' || host === '' ? 'localhost' : host, port: bound?.port ?? 0 }
  }
}

function openMetadata(config: BrokerConfig, { disk, random, batchNative }: Platform): MetadataStore {
  const log = new EmbeddedMetadataLog({ disk, directory: config.logDirs[0]!, crc32c: batchNative.crc32c })
  return new MetadataStore({
    log,
    random,
    nodeId: config.nodeId,
    settings: {
      brokerIds: [config.nodeId],
      defaultPartitionCount: config.partitionCount,
      defaultReplicationFactor: config.replicationFactor,
      isTopicDeletionEnabled: config.deleteTopicEnabled,
      partitionsMax: PARTITIONS_MAX,
    },
  })
}

function networkOptions(config: BrokerConfig, connectionsMax: number): NetworkServerOptions {
  return {
    frameSizeMaxBytes: config.requestMaxBytes,
    requestMemoryMaxBytes: config.queuedRequestMaxBytes,
    connectionsMax: Math.min(config.connectionsMax, connectionsMax),
    sendQueueHighWaterBytes: SEND_QUEUE_HIGH_WATER_BYTES,
    idleMs: config.connectionsMaxIdleMs,
    unfinishedFrameMs: UNFINISHED_FRAME_MS,
    connectionsPerAddressMax: config.connectionsPerAddressMax,
    slotsMax: SLOTS_PER_CONNECTION,
    waitingFramesMax: WAITING_FRAMES_PER_CONNECTION,
    waitingBytesMax: WAITING_BYTES_PER_CONNECTION,
  }
}
