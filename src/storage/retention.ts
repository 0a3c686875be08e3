import type { LogConfig } from './log-config.ts'
import type { Segment } from './segment.ts'

/**
 * How many segments from the oldest on may go (RET-1): by age, by size, or because the log start offset has passed
 * them. Nothing goes that has records at or above the high watermark; an empty last segment stays.
 */
export function deletableSegments(
  segments: readonly Segment[],
  config: LogConfig,
  nowMs: number,
  logStartOffset: number,
  highWatermark: number,
): number {
  let overBytes =
    config.retentionSizeBytes < 0
      ? -1
      : segments.reduce((sum, segment) => sum + segment.writtenSizeBytes, 0) - config.retentionSizeBytes
  let count = 0
  for (const segment of segments) {
    const isLast = count === segments.length - 1
    if (segment.writtenEndOffset > highWatermark || (isLast && segment.writtenSizeBytes === 0)) break
    const isBeforeStart = !isLast && segments[count + 1]!.baseOffset <= logStartOffset
    const isOverSize = config.cleanupDelete && overBytes - segment.writtenSizeBytes >= 0
    if (!isBeforeStart && !isOverSize && !(config.cleanupDelete && isTooOld(segment, config, nowMs))) break
    overBytes -= segment.writtenSizeBytes
    count += 1
  }
  return count
}

function isTooOld(segment: Segment, config: LogConfig, nowMs: number): boolean {
  const newestMs = segment.maxTimestampMs >= 0 ? segment.maxTimestampMs : segment.modifiedAtMs
  return config.retentionMs >= 0 && nowMs - newestMs > config.retentionMs
}
