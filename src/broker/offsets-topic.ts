import type { Disk } from '../base/disk.ts'
import { StorageError } from '../base/storage-error.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { CoordinatorLog, KeyValue } from '../coordination/coordinator-log.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import { topicToCreate } from '../metadata/topic-to-create.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { type Crc32c, readLastOffset } from '../protocol/record-batch.ts'
import { batchesOf } from '../protocol/records/batches-of.ts'
import { type Decompress, decodeRecords } from '../protocol/records/decode-records.ts'
import { encodeRecordBatch } from '../protocol/records/encode-record-batch.ts'
import type { Partition } from '../replication/partition.ts'
import type { Partitions } from '../replication/partitions.ts'

const OFFSETS_TOPIC = '__consumer_offsets'
const REPLAY_CHUNK_BYTES = 1024 * 1024

export interface OffsetsTopicPorts {
  readonly config: BrokerConfig
  readonly metadata: MetadataStore
  readonly partitions: Partitions
  readonly disk: Disk
  readonly crc32c: Crc32c
  readonly decompress: Decompress
  /** What was appended is written and answered in the pass that this asks for. */
  readonly schedulePass: () => void
}

/** `__consumer_offsets` as the group coordinator sees it: partitions like any other, written by the broker itself. */
export class OffsetsTopic implements CoordinatorLog {
  readonly shardCount: number
  readonly #ports: OffsetsTopicPorts

  constructor(ports: OffsetsTopicPorts) {
    this.#ports = ports
    const existing = ports.metadata.image.topic(OFFSETS_TOPIC)
    this.shardCount = existing?.partitions.length ?? ports.config.offsetsTopicPartitionCount
  }

  isReady(): boolean {
    return this.#partition(this.shardCount - 1) !== undefined
  }

  async ensureTopic(): Promise<ErrorCode> {
    const { metadata, config } = this.#ports
    const topic = topicToCreate(OFFSETS_TOPIC, config, metadata.settings.brokerIds.length)
    const result = await metadata.createTopic(topic)
    if (result.ok || result.errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) return ErrorCode.NONE
    return result.errorCode
  }

  append(
    shard: number,
    records: readonly KeyValue[],
    nowMs: number,
    done: (errorCode: ErrorCode) => void,
  ): void {
    const partition = this.#partition(shard)
    if (partition === undefined) {
      done(ErrorCode.COORDINATOR_NOT_AVAILABLE)
      return
    }
    const batch = encodeRecordBatch(
      {
        baseOffset: 0,
        records: records.map(({ key, value }) => ({ key, value, headers: [], timestampMs: nowMs })),
      },
      this.#ports.crc32c,
    )
    const result = partition.append(batch, nowMs, 'coordinator')
    if (!result.ok) {
      done(result.errorCode)
      return
    }
    partition.awaitCommit(result.lastOffset + 1, { onSettled: done })
    this.#ports.schedulePass()
  }

  async replay(
    shard: number,
    each: (key: Uint8Array, value: Uint8Array | null, offset: number, timestampMs: number) => void,
  ): Promise<void> {
    const partition = this.#partition(shard)
    if (partition === undefined) throw new StorageError('ENOENT', 'replay', `${OFFSETS_TOPIC}-${shard}`)
    // Taken for empty, its groups would start anew from auto.offset.reset.
    if (partition.isOffline) throw new StorageError('EIO', 'replay', `${OFFSETS_TOPIC}-${shard}`)
    let offset = partition.logStartOffset
    while (offset < partition.highWatermark) {
      const bytes = await this.#readChunk(partition, offset)
      for (const batch of batchesOf(bytes)) {
        for (const { key, value, offset: recordOffset, timestampMs } of decodeRecords(
          batch,
          this.#ports.decompress,
        )) {
          if (key !== null && recordOffset >= offset) each(key, value, recordOffset, timestampMs)
        }
        const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
        offset = readLastOffset(view, 0) + 1
      }
    }
  }

  async #readChunk(partition: Partition, offset: number): Promise<Uint8Array> {
    const path = `${OFFSETS_TOPIC}-${partition.partitionIndex}`
    const result = partition.read(offset, REPLAY_CHUNK_BYTES, true)
    if (result.ok && result.cold !== undefined) {
      const { cold } = result
      const errno = await new Promise<number>(resolve => void cold.wait(resolve))
      if (errno !== 0) throw new StorageError('EIO', 'replay', path)
      return this.#readChunk(partition, offset)
    }
    if (!result.ok || result.range === null) throw new StorageError('EIO', 'replay', path)
    const bytes = new Uint8Array(result.range.sizeBytes)
    const count = this.#ports.disk.pread(result.range.file, bytes, result.range.position)
    if (count !== bytes.length) throw new StorageError('EIO', 'replay', path)
    return bytes
  }

  #partition(shard: number): Partition | undefined {
    return this.#ports.partitions.get(OFFSETS_TOPIC, shard)
  }
}
