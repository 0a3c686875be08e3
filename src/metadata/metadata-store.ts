import type { Random } from '../base/random.ts'
import { StorageError } from '../base/storage-error.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { readUuid } from '../protocol/uuid.ts'
import type { ControllerSettings } from './controller/controller-settings.ts'
import {
  type ConfigChange,
  type ConfigResource,
  decideAlterConfigs,
  decideIncrementalAlterConfigs,
} from './controller/decide-alter-configs.ts'
import {
  type Decision,
  decideCreatePartitions,
  type PartitionsToCreate,
} from './controller/decide-create-partitions.ts'
import {
  type CreateTopicDecision,
  decideCreateTopic,
  type TopicToCreate,
} from './controller/decide-create-topic.ts'
import {
  type DeleteTopicDecision,
  decideDeleteTopic,
  type TopicToDelete,
} from './controller/decide-delete-topic.ts'
import { MetadataImage } from './image/metadata-image.ts'
import type { MetadataLog } from './metadata-log.ts'
import type { MetadataRecord } from './metadata-record.ts'
import { type Refusal, refuse } from './refusal.ts'

/** Told of every record after it is durable and applied; the change is answered when the promise has resolved. */
export type MetadataListener = (record: MetadataRecord, image: MetadataImage) => void | Promise<void>

export interface MetadataStoreOptions {
  readonly log: MetadataLog
  readonly random: Random
  readonly nodeId: number
  readonly settings: ControllerSettings
}

const PRODUCER_ID_BLOCK = 1000
const UUID_SIZE_BYTES = 16

/** Owns the image. Changes are made one after another: decided, made durable, applied, told to the listeners. */
export class MetadataStore {
  readonly image = new MetadataImage()
  readonly settings: ControllerSettings
  readonly #log: MetadataLog
  readonly #random: Random
  readonly #nodeId: number
  readonly #listeners: MetadataListener[] = []
  #tail: Promise<void> = Promise.resolve()
  #producerId = 0
  #producerIdBlockEnd = 0

  constructor(options: MetadataStoreOptions) {
    this.settings = options.settings
    this.#log = options.log
    this.#random = options.random
    this.#nodeId = options.nodeId
  }

  /**
   * Loads the image; every start raises the leader epochs, the first one names the cluster: `clusterId`, or a new id
   * when that is null.
   */
  async start(clusterId: string | null = null): Promise<void> {
    for (const record of this.#log.load()) this.image.apply(record)
    const records: MetadataRecord[] = [{ type: 'broker-started', nodeId: this.#nodeId }]
    if (this.image.clusterId === null) {
      records.push({ type: 'cluster-named', clusterId: clusterId ?? this.#newUuid() })
    }
    await this.#commit(records)
  }

  get clusterId(): string {
    return this.image.clusterId ?? ''
  }

  /** Called for every later change, in the order of the changes. */
  onChange(listener: MetadataListener): void {
    this.#listeners.push(listener)
  }

  createTopic(topic: TopicToCreate, validateOnly = false): Promise<CreateTopicDecision | Refusal> {
    return this.#change(
      () => decideCreateTopic(this.image, this.settings, topic, this.#newUuid()),
      validateOnly,
    )
  }

  createPartitions(request: PartitionsToCreate, validateOnly: boolean): Promise<Decision | Refusal> {
    return this.#change(() => decideCreatePartitions(this.image, this.settings, request), validateOnly)
  }

  deleteTopic(request: TopicToDelete): Promise<DeleteTopicDecision | Refusal> {
    return this.#change(() => decideDeleteTopic(this.image, this.settings, request), false)
  }

  incrementalAlterConfigs(
    resource: ConfigResource,
    changes: readonly ConfigChange[],
    validateOnly: boolean,
  ): Promise<Decision | Refusal> {
    const decide = () => decideIncrementalAlterConfigs(this.image, this.settings, resource, changes)
    return this.#change(decide, validateOnly)
  }

  alterConfigs(
    resource: ConfigResource,
    configs: readonly { readonly name: string; readonly value: string | null }[],
    validateOnly: boolean,
  ): Promise<Decision | Refusal> {
    const decide = () => decideAlterConfigs(this.image, this.settings, resource, configs)
    return this.#change(decide, validateOnly)
  }

  /** IDM-3: never the same twice, restarts included; a block is made durable before its first id leaves. */
  async allocateProducerId(): Promise<{ ok: true; producerId: number } | Refusal> {
    if (this.#producerId < this.#producerIdBlockEnd) return { ok: true, producerId: this.#producerId++ }
    const allocated = await this.#change(() => this.#decideProducerIdBlock(), false)
    return allocated.ok ? { ok: true, producerId: this.#producerId++ } : allocated
  }

  /** Waits for the changes under way, then closes the journal. */
  async close(): Promise<void> {
    await this.#tail
    this.#log.close()
  }

  /** The callers that waited for the same block share it: only the first of them asks for one. */
  #decideProducerIdBlock(): Decision {
    if (this.#producerId < this.#producerIdBlockEnd) return { ok: true, records: [] }
    const first = this.image.nextProducerId
    this.#producerId = first
    this.#producerIdBlockEnd = first
    return {
      ok: true,
      records: [{ type: 'producer-ids-allocated', nextProducerId: first + PRODUCER_ID_BLOCK }],
    }
  }

  #change<Made extends Decision>(
    decide: () => Made | Refusal,
    validateOnly: boolean,
  ): Promise<Made | Refusal> {
    const result = this.#tail.then(async () => {
      const decision = decide()
      if (!decision.ok || validateOnly || decision.records.length === 0) return decision
      const refusal = await this.#commit(decision.records).then(
        () => null,
        error => {
          if (!(error instanceof StorageError)) throw error
          return refuse(ErrorCode.KAFKA_STORAGE_ERROR, 'The metadata could not be written to disk.')
        },
      )
      return refusal ?? decision
    })
    this.#tail = result.then(() => undefined)
    return result
  }

  async #commit(records: readonly MetadataRecord[]): Promise<void> {
    await this.#log.append(records)
    for (const record of records) {
      this.image.apply(record)
      if (record.type === 'producer-ids-allocated') this.#producerIdBlockEnd = record.nextProducerId
    }
    for (const record of records) {
      for (const listener of this.#listeners) await listener(record, this.image)
    }
    // Last: the change is made, whatever becomes of the snapshot.
    if (this.#log.isSnapshotDue) this.#log.writeSnapshot(this.image.snapshot())
  }

  /** Not all zero, and not beginning with `-`, which command lines take for an option; as Kafka's own ids. */
  #newUuid(): string {
    for (;;) {
      const bytes = this.#random.bytes(UUID_SIZE_BYTES)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x40)
      view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80)
      const text = readUuid(view, 0)
      if (!text.startsWith('-')) return text
    }
  }
}
