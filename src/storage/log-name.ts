/** The topic, which may have dashes, and the partition. */
export const LOG_NAME = /^(.+)-(\d+)$/

/** Of a log's directory, as the checkpoints know it. */
export function nameOfLog(log: { readonly topicName: string; readonly partitionIndex: number }): string {
  return `${log.topicName}-${log.partitionIndex}`
}
