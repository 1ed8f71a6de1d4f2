import type { Translation } from '../types';
import type en from '../en/extras';

export default {
  placeName: '地点名称', latitude: '纬度（度）', longitude: '经度（度）', whereIAm: '使用当前位置',
  placeUnknown: '此设备没有提供位置。请允许本页面获取位置，或直接输入度数。', degreesWrong: '请用小数点输入度数：31.23',
  summary: '未读摘要', translation: '翻译', onlyYou: '仅你可见', toField: '放入输入框', answersWith: '由谁完成：{name}',
  hooks: 'Webhook', noHooks: '脚本、告警和其他系统可以通过专用地址在这里发消息。', newHook: '新建 Webhook', makeHook: '创建',
  hookName: '名称', hookNameHint: '消息会以此名称发出，并带有机器人标记。', hookMade: '由{name}创建，{time}', hookDeleted: 'Webhook 已删除。',
  address: '地址', addressHint: '仅在创建时显示一次。', rotate: '更换地址', rotateTitle: '更换“{name}”的地址？', rotateText: '所有调用方需在一天内改用新地址，在此期间新旧地址都有效。',
  endOld: '旧地址立即失效', endOldHint: '地址已泄露时使用；仍在调用旧地址的请求会被拒绝。', oldAddress: '旧地址在{time}之前仍然有效。',
  deleteHook: '删除 Webhook', deleteHookHint: '已发出的消息会保留。', deleteHookTitle: '删除“{name}”？', deleteHookText: '它的地址将失效，已发出的消息会保留。',
  lastCalls: '最近调用', lookAgain: '刷新', noCalls: '服务器启动以来还没有调用。', posts: { other: '{count} 条消息' },
  addressOf: '“{name}”的地址', addressOnce: '仅显示这一次。任何拿到地址的人都能在这里发消息，请像密码一样保管。支持 Slack、Mattermost、Grafana、Alertmanager、GitHub、Gitea、ntfy 和 Gotify 的格式。',
  showPicture: '显示图片', noPicture: '图片无法加载。', pictureOn: '{host} 上的图片',
  tryIt: '在命令行中试一试：', sampleText: '来自脚本的问候',
} as const satisfies Translation<typeof en>;
