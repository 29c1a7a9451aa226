import { dingtalk } from './dingtalk.ts'
import { feishu } from './feishu.ts'
import type { ChatService } from './service.ts'
import { slack } from './slack.ts'
import { wecom } from './wecom.ts'

export type { ChatAnswer, ChatRequest, ChatService, ChatVerdict, Robot } from './service.ts'

export type ChatServiceName = 'dingtalk' | 'feishu' | 'wecom' | 'slack'

/** The services by the names that users write. */
export const services: Readonly<Record<ChatServiceName, ChatService>> = { dingtalk, feishu, wecom, slack }
