"""A bot with a token, its commands and its buttons, against a real server."""

from __future__ import annotations

import asyncio

from tests.server import WithServer
from tidings import BotCommand, Button, Client, Over, Press, Refused
from tidings.records import Buttons


class Bots(WithServer):
    async def test_a_bot_is_told_of_presses_and_of_what_was_pressed_while_it_was_away(self) -> None:
        token = self.server.new_bot("till")
        rows = [[Button.press("Yes", "yes", "primary"), Button.open("More", "https://example.org/more")]]
        async with Client(self.server.url, token=self.server.new_user("ann")) as ann:
            async with Client(self.server.url, token=token) as bot:
                await bot.set_commands([BotCommand("pay", "Pay something", "<amount>"), BotCommand("bill", "What is open")])
                sent = await bot.send("ann", "Pay *now*?", markdown=True, buttons=rows)
                chat = await ann.until(lambda: ann.chat_with("till"))
                entry = await ann.until(lambda: chat.entry(sent.seq))
                assert isinstance(entry.body, Buttons)
                self.assertEqual((entry.text, entry.body.rows), ("Pay *now*?", rows))
                offered = await ann.bot_commands(chat.id)
                self.assertEqual([(each.bot, each.command.name, each.command.hint) for each in offered], [("till", "bill", None), ("till", "pay", "<amount>")])
                await ann.press(chat.id, sent.seq, "yes")
                press = await asyncio.wait_for(self.press(bot), 20)
                self.assertEqual((press.author, press.conversation, press.seq, press.button), ("ann", sent.conversation, sent.seq, "yes"))
                with self.assertRaises(Refused) as refused:
                    await ann.press(chat.id, sent.seq, "no")
                self.assertEqual(refused.exception.code, "not_found")
            # It was not marked as read, because the program ended over it: it comes again, and then what was pressed meanwhile.
            await ann.press(chat.id, sent.seq, "yes")
            await ann.send("till", "/pay 5 now")
            async with Client(self.server.url, token=token) as bot:
                heard = []
                async for each in bot.heard():
                    heard.append(each.button if isinstance(each, Press) else each.command)
                    if len(heard) == 3:
                        break
                self.assertCountEqual(heard, ["yes", "yes", ("pay", "5 now")])
                await bot.edit_buttons(sent.conversation, sent.seq, "Paid.")
                await ann.until(lambda: (entry := chat.entry(sent.seq)) and entry.text == "Paid." or None)

    async def press(self, bot: Client) -> Press:
        async for press in bot.presses():
            return press
        raise AssertionError("the events ended")

    async def test_a_token_that_is_revoked_ends_the_client(self) -> None:
        token = self.server.new_bot("gone")
        async with Client(self.server.url, token=token) as bot:
            number = self.server.command("bot", "tokens", "gone").splitlines()[1].split()[0]
            self.server.command("bot", "revoke", "gone", number)
            with self.assertRaises(Over) as over:
                await asyncio.wait_for(bot.until(lambda: None), 20)
            self.assertEqual(over.exception.reason, "revoked")
        with self.assertRaises(Refused):
            async with Client(self.server.url, token=token):
                pass

    async def test_people_send_no_buttons(self) -> None:
        async with Client(self.server.url, token=self.server.new_user("bea")) as bea:
            with self.assertRaises(Refused) as refused:
                await bea.send("bea", "Press me", buttons=[[Button.press("x", "x")]])
            self.assertEqual(refused.exception.code, "forbidden")
