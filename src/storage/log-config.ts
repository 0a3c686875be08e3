import type { TopicConfig } from '../config/topic-config.ts'

/** What a log needs of its topic's configuration: today all of what is typed. */
export type LogConfig = TopicConfig
