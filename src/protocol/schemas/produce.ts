import { array, int16, int32, int64, message, one, records, string, struct, uuid } from '../schema.ts'

export const ProduceRequest = message({
  kind: 'request',
  name: 'ProduceRequest',
  apiKey: 0,
  versions: '0-13',
  flexible: '9+',
  about: 'Appends batches to logs. v3: magic 2 (KIP-98), v7: zstd (KIP-110), v13: topic ids (KIP-516).',
  fields: {
    transactionalId: string('3+', {
      about: 'Set by a transactional producer.',
      nullable: '3+',
      default: null,
    }),
    acks: int16('0+', {
      about:
        'Who must have the batch before the answer: -1 all in-sync replicas, 1 the leader, 0 no answer at all.',
    }),
    timeoutMs: int32('0+', { about: 'Longest wait for the replicas, in milliseconds.' }),
    topicData: array(
      struct('TopicProduceData', {
        name: string('0-12', { ignorable: true }),
        topicId: uuid('13+', { ignorable: true }),
        partitionData: array(
          struct('PartitionProduceData', {
            index: int32('0+'),
            records: records('0+', {
              about: 'The batches as sent; a view of the frame when decoded.',
              nullable: '0+',
            }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

export const ProduceResponse = message({
  kind: 'response',
  name: 'ProduceResponse',
  apiKey: 0,
  versions: '0-13',
  flexible: '9+',
  about: 'Where each batch landed, or why it did not.',
  fields: {
    responses: array(
      struct('TopicProduceResponse', {
        name: string('0-12', { ignorable: true }),
        topicId: uuid('13+', { ignorable: true }),
        partitionResponses: array(
          struct('PartitionProduceResponse', {
            index: int32('0+'),
            errorCode: int16('0+'),
            baseOffset: int64('0+', { about: 'Offset of the first record, -1 on error.' }),
            logAppendTimeMs: int64('2+', {
              about: 'Time of the broker under LogAppendTime, else -1.',
              default: -1,
              ignorable: true,
            }),
            logStartOffset: int64('5+', {
              about: 'First offset that is still in the log.',
              default: -1,
              ignorable: true,
            }),
            recordErrors: array(
              struct('BatchIndexAndErrorMessage', {
                batchIndex: int32('8+'),
                batchIndexErrorMessage: string('8+', { nullable: '8+', default: null }),
              }),
              '8+',
              { about: 'Records that made the whole batch fail.', ignorable: true },
            ),
            errorMessage: string('8+', {
              about: 'Detail for a person.',
              nullable: '8+',
              default: null,
              ignorable: true,
            }),
            currentLeader: one(
              struct('LeaderIdAndEpoch', {
                leaderId: int32('10+', { default: -1 }),
                leaderEpoch: int32('10+', { default: -1 }),
              }),
              '10+',
              { tag: 0 },
            ),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    throttleTimeMs: int32('1+', {
      about: 'How long this connection is held back, in milliseconds.',
      default: 0,
      ignorable: true,
    }),
    nodeEndpoints: array(
      struct('NodeEndpoint', {
        nodeId: int32('10+'),
        host: string('10+'),
        port: int32('10+'),
        rack: string('10+', { nullable: '10+', default: null }),
      }),
      '10+',
      { about: 'Where the leaders named in currentLeader are reached.', tag: 0 },
    ),
  },
})
