// What the server says about assistants in English sentences of its own: why an answer failed, and what to know about a provider. A sentence is
// known by as much of its beginning as tells it from the others; `#` stands for a number. A test of the server (src/assistant/problem.rs) holds that each of its sentences is here.

const SENTENCES: readonly (readonly [english: string, chinese: string])[] = [
  // Why an answer failed.
  ['The assistant has no key', '助手没有服务商的密钥，请联系管理员。'],
  ["The address of the assistant's provider", '不允许访问助手服务商的地址，请联系管理员。'],
  ["The assistant's provider took", '服务商已收到问题，但迟迟没有开始回答，请稍后再试。'],
  ['The answer stopped', '回答中途停止，没有继续，请重试。'],
  ['The answer took', '回答超过了允许的时间，已结束。请把问题分小一些。'],
  ['The provider sent', '服务商发送的内容过多，已结束，请重试。'],
  ['The answer broke off or', '回答中断或无法读取，请重试。'],
  ["The assistant's provider cannot", '无法连接助手的服务商，请稍后再试。'],
  ["The provider does not accept", '服务商不接受助手的密钥，请联系管理员。'],
  ['The provider does not know', '服务商没有这个地址或模型，请联系管理员。'],
  ['The provider takes', '服务商暂时不接受更多问题，请稍后再试。'],
  ['The provider sends elsewhere (HTTP #)', '服务商要求转到别处（HTTP #），不会跟随，请联系管理员。'],
  ['The provider failed (HTTP #)', '服务商出错（HTTP #），请稍后再试。'],
  ['The provider does not take this question (HTTP #)', '服务商不接受这个问题（HTTP #）。'],
  ['The provider reported', '服务商在回答中途报告了错误。'],
  ['What the provider sent', '服务商发来的内容无法读取，请重试或联系管理员。'],
  ['The answer broke off in', '回答中途断开，请重试。'],
  ['The model gave', '模型没有给出内容，请重试或换个说法。'],
  ['The provider withholds', '服务商按自己的规则不提供其余的回答。'],
  // What the server itself says in place of an answer.
  ['The server was restarted', '写回答时服务器重新启动了，请重试。'],
  ['The server was stopped', '写回答时服务器停止了，请重试。'],
  ['The conversation could not', '无法读取会话，请重试。'],
  ['This assistant answers no more', '这个助手已被移除，不再回答。'],
  ['It was to be written again', '重新回答已被停止。'],
  ['The question is longer than this assistant takes (about # tokens, and it has room for #)', '问题过长（约 # 个 token，最多 # 个），请分开提问。'],
  ['You have asked this assistant # questions', '今天向这个助手提问已达 # 次的上限，请明天（UTC）再继续。'],
  ['What you may use of this assistant', '今天可用的额度（`tokens_per_day`）已用完，请明天（UTC）再继续。'],
  // What to know about a provider.
  ['Outside of mainland China', '中国大陆以外的地址是 https://dashscope-intl.aliyuncs.com/compatible-mode/v1。'],
  ["Any other service", '其他兼容 OpenAI 对话接口的服务，填写各自的地址即可。'],
  ['Fetch the model first', '请先用 `ollama pull` 下载模型。Ollama 默认给模型 4,096 个 token（可用 OLLAMA_CONTEXT_LENGTH 更改）。'],
  ['vLLM listens', 'vLLM 与 Tidings 默认都使用 8000 端口，请让其中一个换用别的端口。模型即 `vllm serve` 指定的名称。'],
  ['`llama-server` answers', '`llama-server` 总是使用启动时的模型，与名称无关；上下文长度用 -c 设置。'],
];
const SAYS = ' It says: ';

const pattern = (english: string) => new RegExp(`^${english.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('#', '([\\d,]+)')}`);
const KNOWN = SENTENCES.map(([english, chinese]) => [pattern(english), chinese] as const);

/** A sentence of the server in Chinese, with the provider's own words behind it; one that is not known as it is. */
export function inChinese(sentence: string): string {
  for (const [known, chinese] of KNOWN) {
    const found = known.exec(sentence);
    if (!found) continue;
    let nth = 0;
    const said = sentence.includes(SAYS) ? `服务商说：${sentence.slice(sentence.indexOf(SAYS) + SAYS.length)}` : '';
    return chinese.replace(/#/g, () => found[++nth] ?? '') + said;
  }
  return sentence;
}
