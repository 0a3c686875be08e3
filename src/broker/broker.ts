import type { Timer } from '../base/clock.ts'
import { StorageError } from '../base/storage-error.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import { defaultTopicConfig } from '../config/topic-config.ts'
import {
  GROUPS_PER_SHARD_MAX,
  NEW_MEMBER_JOIN_TIMEOUT_MS,
} from '../coordination/classic-group/group-config.ts'
import { GroupCoordinator } from '../coordination/group-coordinator.ts'
import { EmbeddedMetadataLog } from '../metadata/backends/embedded.ts'
import { PARTITIONS_MAX } from '../metadata/controller/controller-settings.ts'
import { MetadataStore } from '../metadata/metadata-store.ts'
import { topicConfigOf } from '../metadata/topic-config-of.ts'
import type { Connection } from '../network/connection.ts'
import type { BoundListener } from '../network/listener.ts'
import { NetworkServer } from '../network/server.ts'
import { DelayedFetches } from '../replication/delayed-fetches.ts'
import { Partitions } from '../replication/partitions.ts'
import type { Log } from '../storage/log.ts'
import { LogManager } from '../storage/log-manager.ts'
import { advertisedEndpoint, type Endpoint, endpointText } from './advertised-endpoint.ts'
import { Dispatcher, type FrameKeeper } from './dispatch.ts'
import { FETCH_SESSION_EVICTION_MS, FetchSessions } from './fetch-sessions.ts'
import { foreignDirectoryProblem } from './foreign-directory.ts'
import type { BrokerServices } from './handler.ts'
import { HANDLERS } from './handlers.ts'
import { networkOptions } from './network-options.ts'
import { OffsetsTopic } from './offsets-topic.ts'
import { Pass } from './pass.ts'
import type { Platform } from './platform.ts'
import type { RequestOrigin } from './request.ts'
import { writeLimits } from './write-limits.ts'

/** How long the clean stop waits for answers that are on their way. */
const DRAIN_MAX_MS = 5_000
const ANONYMOUS = 'User:ANONYMOUS'

/** Builds one broker out of its rooms, and takes it down again. */
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
   * when it belongs to another cluster or node; Error when its logs are not this broker's; NetworkError when a port
   * can't be had. Nothing is left behind then.
   */
  static async start(config: BrokerConfig, platform: Platform): Promise<Broker> {
    const problem = foreignDirectoryProblem(platform.disk, config.logDirs)
    if (problem !== null) throw new Error(problem)
    let broker: Broker | null = null
    const logs = await LogManager.open(platform, {
      logDirectories: config.logDirs,
      clusterId: null,
      nodeId: config.nodeId,
      // The topics' own settings are in the metadata, whose journal needs the lock that this takes.
      initialConfig: defaultTopicConfig,
      recoveryThreads: config.recoveryThreads,
      retentionCheckIntervalMs: config.retentionCheckIntervalMs,
      checkpointIntervalMs: Math.min(config.recoveryCheckpointIntervalMs, config.startCheckpointIntervalMs),
      producerIdExpirationMs: config.producerIdExpirationMs,
      groupJournalMaxBytes: config.groupJournalMaxBytes,
      unflushedMaxBytes: writeLimits(config, platform.memoryBytes).unflushedMaxBytes,
      openSegmentsMax: platform.openSegmentsMax,
      producerIdExpirationCheckIntervalMs: config.producerIdExpirationCheckIntervalMs,
      flushCheckIntervalMs: config.flushSchedulerIntervalMs,
      onDurable: log => {
        if (broker !== null) broker.#onDurable(log)
      },
      onDurablePassEnd: () => {
        if (broker !== null) broker.#pass.answered()
      },
      onRoom: () => {
        if (broker !== null) broker.#partitions.onRoom()
      },
      onStartOffsetRaised: log => {
        if (broker !== null) broker.#onStartOffsetRaised(log)
      },
      onDirectoryFailure: (_directory, failed) => {
        if (broker !== null) broker.#onDirectoryFailure(failed)
      },
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
      clock: platform.clock,
      timers: platform.timers,
      logger: platform.logger,
      configOf: topicName => topicConfigOf(metadata.image, config, topicName),
      batchNative: platform.batchNative,
      schedulePass: () => this.#pass.schedule(),
      onTopicDeleted: topicName => this.#groups.onTopicDeleted(topicName),
      heldMaxBytes: writeLimits(config, platform.memoryBytes).heldMaxBytes,
      waitingBehindBytes: () => this.#network.heldBackBytes,
    })
    this.#delayedFetches = new DelayedFetches(platform.timers, () => this.#pass.schedule())
    this.#pass = new Pass({
      partitions: this.#partitions,
      delayedFetches: this.#delayedFetches,
      isNetworkInPass: () => this.#network.isInPass,
      flushNetwork: () => this.#network.flush(),
    })
    this.#groups = this.#createGroups()
    this.#dispatcher = this.#createDispatcher()
    this.#network = this.#createNetwork()
  }

  /** `host:port` of every listener, as clients are told, joined with commas. */
  get bootstrapServers(): string {
    return this.#listeners.map(({ name }) => endpointText(this.#advertisedEndpoint(name))).join(',')
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
      this.#listeners.push(this.#network.listen(listener, listenerId))
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

  #onDurable(log: Log): void {
    this.#partitions.onDurable(log)
  }

  /** A timer of the logs did it: no pass is under way. */
  #onStartOffsetRaised(log: Log): void {
    this.#partitions.onStartOffsetRaised(log)
    this.#pass.schedule()
  }

  #onDirectoryFailure(logs: readonly Log[]): void {
    this.#partitions.onDirectoryFailure(logs)
    // Readers that wait hear of it now, not after max_wait_ms.
    this.#pass.schedule()
  }

  /** Bounded: a client that does not read its answers holds nothing up for long. */
  async #drain(): Promise<void> {
    let deadline: Timer | undefined
    const isOver = new Promise<void>(resolve => {
      deadline = this.#platform.timers.set(DRAIN_MAX_MS, resolve)
    })
    await Promise.race([this.#network.whenEmpty(), isOver])
    deadline?.cancel()
  }

  #advertisedEndpoint(listenerName: string): Endpoint {
    return advertisedEndpoint(listenerName, this.#config.advertisedListeners, this.#listeners)
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
        partitionCount: name => image.topic(name)?.partitions.length ?? 0,
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
        partitions: this.#partitions,
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
    return new Dispatcher({
      handlers: HANDLERS,
      services,
      clock,
      logger,
      onCompleted: () => this.#pass.answered(),
      frames,
    })
  }

  #createNetwork(): NetworkServer {
    const dispatcher = this.#dispatcher
    return new NetworkServer(this.#platform, networkOptions(this.#config, this.#platform.connectionsMax), {
      onRequest: (slot, frame) => dispatcher.dispatch(slot, frame, slot.connection.session as RequestOrigin),
      onPassEnd: () => {
        dispatcher.passEnded()
        this.#pass.end()
      },
      onSent: () => this.#logs.rangesSent(),
      canOverlap: (pending, apiKey) => dispatcher.canOverlap(pending, apiKey),
      onConnectionOpened: connection => {
        connection.session = this.#originOf(connection)
      },
      onConnectionClosed: (connection, reason) => dispatcher.connectionClosed(connection, reason),
    })
  }

  #originOf({ listenerId, remoteAddress, remotePort }: Connection): RequestOrigin {
    const listenerName = this.#config.listeners[listenerId]!.name
    return { listenerName, remoteAddress, remotePort, principal: ANONYMOUS }
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
