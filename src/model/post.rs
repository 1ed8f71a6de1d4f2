//! What another system posts into a conversation: words, and what it sets beside them. Whatever its dialect was, it is kept in this
//! one form, which clients draw by themselves; nothing of it is markup that a browser would run.

use super::{ConversationId, Emoji, HookId, Name, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// A message of another system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Post {
    /// The words, as Markdown; they may be empty when there is something beside them.
    pub text: String,
    /// What the sender wants to be called; else the name of the author, which is the webhook's.
    #[serde(default)]
    pub username: Option<Name>,
    /// An emoji in place of a picture of the sender.
    #[serde(default)]
    pub icon: Option<Emoji>,
    /// Parts that stand below the words, in their order.
    #[serde(default, deserialize_with = "super::list::read")]
    pub blocks: Vec<PostBlock>,
    /// Boxes that stand below those, each with a coloured edge.
    #[serde(default, deserialize_with = "super::list::read")]
    pub attachments: Vec<PostAttachment>,
}

/// A part of a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostBlock {
    /// A heading, in plain words.
    Header {
        /// The words.
        text: String,
    },
    /// Words, and fields in two columns.
    Section {
        /// Markdown; may be empty.
        text: String,
        /// Markdown, each; shown in two columns where there is room.
        fields: Vec<String>,
        /// A small picture beside it.
        image: Option<PostImage>,
    },
    /// A line across.
    Divider {},
    /// A picture.
    Image(PostImage),
    /// Small words.
    Context {
        /// Markdown, each; shown one after the other.
        elements: Vec<String>,
    },
    /// Buttons that open addresses.
    Buttons {
        /// The buttons.
        buttons: Vec<PostButton>,
    },
}

/// A box of a post.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PostAttachment {
    /// The colour of its edge: `#` and six hexadecimal digits in lower case.
    #[serde(default)]
    pub color: Option<String>,
    /// Words above the box, as Markdown.
    #[serde(default)]
    pub pretext: String,
    /// Who or what it is from.
    #[serde(default)]
    pub author: String,
    /// Where that leads: `http` or `https`.
    #[serde(default)]
    pub author_url: Option<String>,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// Where that leads: `http` or `https`.
    #[serde(default)]
    pub title_url: Option<String>,
    /// Its words, as Markdown.
    #[serde(default)]
    pub text: String,
    /// Its fields.
    #[serde(default, deserialize_with = "super::list::read")]
    pub fields: Vec<PostField>,
    /// A picture below.
    #[serde(default)]
    pub image: Option<PostImage>,
    /// A small picture beside.
    #[serde(default)]
    pub thumb: Option<PostImage>,
    /// Small words at its foot.
    #[serde(default)]
    pub footer: String,
    /// The time that it is about.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// Buttons that open addresses.
    #[serde(default, deserialize_with = "super::list::read")]
    pub buttons: Vec<PostButton>,
}

/// A field of a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PostField {
    /// What it is.
    pub title: String,
    /// Its value, as Markdown.
    pub value: String,
    /// Whether two of them fit beside each other.
    pub short: bool,
}

/// A picture that lies elsewhere. Clients show it, through their server, when their user lets them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PostImage {
    /// Its address: `http` or `https`.
    pub url: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
}

/// A button that opens an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PostButton {
    /// What stands on it.
    pub label: String,
    /// Its address: `http` or `https`.
    pub url: String,
}

impl Post {
    /// Whether there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty() && self.blocks.is_empty() && self.attachments.is_empty()
    }

    /// Its pictures, in the order in which they are numbered from 1 on: those of its blocks (a picture, or the one beside a section), then
    /// of each attachment the picture and the small one. `picturesOf` of the web client is the same; `tests/vectors/pictures.json`
    /// holds them together.
    pub fn pictures(&self) -> impl Iterator<Item = &PostImage> {
        let of_blocks = self.blocks.iter().filter_map(|block| match block {
            PostBlock::Image(image) | PostBlock::Section { image: Some(image), .. } => Some(image),
            PostBlock::Section { image: None, .. }
            | PostBlock::Header { .. }
            | PostBlock::Divider {}
            | PostBlock::Context { .. }
            | PostBlock::Buttons { .. } => None,
        });
        let of_attachments = self.attachments.iter().flat_map(|one| [&one.image, &one.thumb]).flatten();
        of_blocks.chain(of_attachments)
    }

    /// All of its words, for who reads or searches them without drawing them.
    pub fn words(&self) -> Vec<&str> {
        let mut words = vec![self.text.as_str()];
        for block in &self.blocks {
            match block {
                PostBlock::Header { text } => words.push(text),
                PostBlock::Section { text, fields, .. } => {
                    words.push(text);
                    words.extend(fields.iter().map(String::as_str));
                }
                PostBlock::Context { elements } => words.extend(elements.iter().map(String::as_str)),
                PostBlock::Divider {} | PostBlock::Image(_) | PostBlock::Buttons { .. } => {}
            }
        }
        for attachment in &self.attachments {
            words.extend([&attachment.pretext, &attachment.title, &attachment.text].map(String::as_str));
            for field in &attachment.fields {
                words.extend([field.title.as_str(), field.value.as_str()]);
            }
        }
        words.retain(|part| !part.is_empty());
        words
    }
}

/// A webhook into a conversation, as its managers see it; its secret is told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HookInfo {
    /// Its number.
    pub hook: HookId,
    /// Where it posts.
    pub conversation: ConversationId,
    /// What it is called.
    pub name: Name,
    /// Under which id it posts.
    pub user: UserId,
    /// Who made it.
    pub by: UserId,
    /// When.
    pub created: Timestamp,
    /// Until when the address before this one posts, too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub old_secret_until: Option<Timestamp>,
}
