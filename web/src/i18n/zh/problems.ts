// The server's refusals by their codes. Its own sentences are English and say more; who reads Chinese is better served with these.
// `{reason}` are the words of whoever refused: an app's own system speaks the language of its users.
import type { Code, Problem } from '../../core';

export default {
  unauthenticated: '请先登录，或检查用户名和密码。', token_expired: '登录已过期，请重新登录。', session_revoked: '此会话已结束，请重新登录。',
  suspended: '此账号已被停用，请联系管理员。', silenced: '管理员已禁止此账号发言。', contacts_disabled: '此账号不能收发好友请求。',
  forbidden: '你没有权限这样做。', not_found: '没有找到，或你无权查看。', not_member: '此人不在会话中。', not_contact: '对方不是你的联系人。',
  blocked: '对方拒收你的消息。', stranger: '对方只接收联系人的消息，请先加为联系人。', muted: '群聊已全员禁言。', silenced_in_group: '你在此群聊中被禁言。',
  closed_group: '此群聊不接受以这种方式加入。', dissolved: '群聊已解散，只能查看。', full: '人数或数量已达上限。', invalid: '填写的内容不符合要求。',
  too_large: '内容过大，请缩小或分次发送。', unsupported: '此服务器不支持该操作。', conflict: '与现有内容冲突，请刷新后重试。',
  idempotency_conflict: '请求重复但内容不同，请重试。', key_expired: '等待时间过长或设备时间不准，请重新发送。', window_exceeded: '同时进行的请求过多，请稍候。',
  rate_limited: '操作过于频繁，请稍后再试。', overloaded: '服务器繁忙，请稍后再试。', unavailable: '服务器暂时没有响应，请重试。', read_only: '服务器当前只读，请稍后再试。',
  unknown_frame: '服务器版本较旧，不支持该操作。', bad_frame: '数据有误，请更新应用。', protocol_version: '版本不匹配，请更新应用。', expired: '已超过时限，或链接已失效。',
  quota_exceeded: '额度已用完，请联系管理员。', hook_refused: '应用拒绝了这项操作：{reason}', offline: '网络已断开，请检查网络。', timeout: '服务器没有及时响应，请重试。',
  given_up: '长时间未能送达，已放弃发送。', upload: '文件上传失败，请重试。', storage: '此设备存储空间不足。',
} as const satisfies Record<Code | Problem['code'], string>;
