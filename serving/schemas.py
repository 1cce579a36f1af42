"""Shapes of the API for the OpenAPI document. Bodies are read by `serving.bodies`: a bad item is no bad body."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from nlp.records import DEFAULT_CHANNEL
from nlp.results import (
    AccountReport,
    CameBack,
    Gap,
    Life,
    LifeCounts,
    PostReview,
    ReplyReview,
    Triage,
    WeekCount,
)

MAX_ITEMS = 256


class RequestItem(BaseModel):
    """一条居民诉求。"""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "c3-188006",
                "title": "电梯三天没修",
                "text": "锦湖花园2栋的电梯坏了三天,物业一直说在等配件,家里有老人下不了楼。",
                "time": "2026-11-09T08:30:00+08:00",
                "channel": "hotline",
            }
        }
    )
    id: str = Field(description="编号,在同一渠道内不重复", max_length=200)
    text: str = Field(default="", description="诉求内容;与 title 不能都为空,最多 20,000 个字符")
    title: str = Field(default="", description="标题")
    time: str | None = Field(default=None, description="ISO 8601 或 2019/8/18 14:44;不写时区按北京时间")
    channel: str = Field(default=DEFAULT_CHANNEL, description="渠道:代码,或热线、留言板等名称(存为代码)")
    area: str | None = Field(default=None, description="区域代码或名称")
    site: str | None = Field(default=None, description="二维码点位代码")
    user: str | None = Field(default=None, description="用户标识;只保存它的带密钥哈希")
    likes: int = Field(default=0, description="点赞数")
    dislikes: int = Field(default=0, description="点踩数")
    due: str | None = Field(default=None, description="来源平台要求的办结时间;不给就按站点的时限表")


class ReplyPairItem(RequestItem):
    """一条诉求和它得到的答复。"""

    model_config = ConfigDict(json_schema_extra=None)
    reply: str = Field(description="答复内容")
    reply_time: str | None = Field(default=None, description="答复时间")


class ReplyItem(BaseModel):
    """对一条已存诉求的答复。"""

    reply: str = Field(description="答复内容")
    reply_time: str | None = Field(default=None, description="答复时间")
    unit: str | None = Field(default=None, description="答复单位")


class EventItem(BaseModel):
    """诉求的一步流转。"""

    type: str = Field(
        description="received、dispatched、returned、replied、closed、reopened 或 called_back;"
        "也可写受理、派单、退单、改派(存为 dispatched)、答复、办结、重办、回访"
    )
    time: str = Field(description="时间")
    unit: str = Field(default="", description="单位")
    note: str = Field(default="", description="说明")
    contacted: bool | str | None = Field(default=None, description="回访:是否联系到;true、false,或是、否")
    solved: bool | str | None = Field(default=None, description="回访:是否解决;true、false,或已解决、未解决")
    satisfied: bool | str | None = Field(default=None, description="回访:是否满意;true、false,或满意、不满意")


class ExternalEventItem(EventItem):
    """一条诉求的一步流转,诉求用渠道和渠道里的编号指明。"""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "channel": "hotline",
                "id": "c3-188006",
                "type": "派单",
                "time": "2026-11-09T09:10:00+08:00",
                "unit": "某街道办事处",
            }
        }
    )
    channel: str = Field(default=DEFAULT_CHANNEL, description="渠道")
    id: str = Field(description="诉求在渠道里的编号")


class ExternalReplyItem(ReplyItem):
    """对一条已存诉求的答复,诉求用渠道和渠道里的编号指明。"""

    channel: str = Field(default=DEFAULT_CHANNEL, description="渠道")
    id: str = Field(description="诉求在渠道里的编号")


class PostItem(BaseModel):
    """公众号的一篇推文。"""

    id: str = Field(description="编号,在同一账号内不重复", max_length=200)
    account: str = Field(description="账号的编号或名称")
    published: str | None = Field(default=None, description="发布时间")
    title: str = Field(default="", description="标题")
    body: str = Field(default="", description="正文")


class ErrorAnswer(BaseModel):
    """错误。"""

    error: str = Field(description="错误代码")
    detail: str = Field(description="说明")


class ErrorItem(BaseModel):
    """列表中不能使用的一项。"""

    id: str | None
    error: str
    warnings: list[str] = Field(default=[], description="不认识的字段等;没有则不出现")


class TriageAnswer(BaseModel):
    results: list[Triage | ErrorItem]


class StoredRequest(BaseModel):
    """存下的诉求:`id` 是渠道里的编号,`request` 是本系统的编号。"""

    id: str
    request: str
    channel: str
    time: datetime | None
    title: str
    text: str
    area: str | None
    site: str | None
    likes: int
    dislikes: int
    status: str
    issue: str | None
    duplicate_of: str | None
    triage: Triage | None
    life: Life = Field(description="流转:现在的单位、时限、退单、回访;时限来自研判")
    warnings: list[str] = []


class SavedRequest(BaseModel):
    id: str
    request: str
    created: bool
    issue: str | None
    duplicate_of: str | None
    triage: Triage | None
    warnings: list[str] = Field(default=[], description="不认识的字段等;没有则不出现")


class SavedAnswer(BaseModel):
    results: list[SavedRequest | ErrorItem]


class RequestPage(BaseModel):
    requests: list[StoredRequest]
    next: str | None


class StoredEvent(BaseModel):
    type: str
    time: datetime
    unit: str
    note: str
    contacted: bool | None
    solved: bool | None
    satisfied: bool | None


class StoredReply(BaseModel):
    reply: str
    request: str
    unit: str | None
    text: str
    time: datetime | None
    review: ReplyReview


class RequestDetail(StoredRequest):
    events: list[StoredEvent]
    replies: list[StoredReply]


class SavedEvent(StoredEvent):
    created: bool
    warnings: list[str] = Field(default=[], description="不认识的字段等;没有则不出现")


class EventAnswer(BaseModel):
    request: str
    status: str
    results: list[SavedEvent | ErrorItem]


class ExternalEvent(StoredEvent):
    """存下的一步流转;`status` 是全部保存以后诉求的状态。"""

    id: str
    channel: str
    request: str
    status: str
    created: bool
    warnings: list[str] = Field(default=[], description="不认识的字段等;没有则不出现")


class ExternalEvents(BaseModel):
    results: list[ExternalEvent | ErrorItem]


class ReplyAnswer(BaseModel):
    results: list[ReplyReview | ErrorItem]


class SavedReply(StoredReply):
    created: bool
    warnings: list[str] = Field(default=[], description="不认识的字段等;没有则不出现")


class SavedReplies(BaseModel):
    request: str
    results: list[SavedReply | ErrorItem]


class ExternalReply(SavedReply):
    """存下的答复;`id` 和 `channel` 是诉求在渠道里的编号和渠道。"""

    id: str
    channel: str


class ExternalReplies(BaseModel):
    results: list[ExternalReply | ErrorItem]


class StoredIssueObject(BaseModel):
    """共性问题;`status` 为 open、merged(已并入 `merged_into`)或 dissolved(已拆散)。"""

    issue: str
    title: str
    place: str | None
    topic: str
    size: int
    residents: int
    first: datetime | None
    last: datetime | None
    heat: float
    heat_parts: dict[str, float]
    trend: list[WeekCount]
    keywords: list[str]
    representative: str
    requests: list[str]
    status: str
    merged_into: str | None
    counts: LifeCounts = Field(description="未办结、超期未办结、退过单、回访未解决的件数,重复的不计")
    came_back: CameBack | None = Field(
        description="办结后又有人反映:`closed` 何时办结,`again` 之后的诉求;没有则为 null"
    )


class IssueDetail(StoredIssueObject):
    posts: list[str] = Field(description="回应它的推文")


class IssuePage(BaseModel):
    issues: list[StoredIssueObject]
    next: str | None


class StoredPost(BaseModel):
    post: str
    id: str
    account: str
    account_name: str | None
    published: datetime | None
    title: str
    body: str
    review: PostReview | None


class SavedPost(StoredPost):
    created: bool
    warnings: list[str] = Field(default=[], description="不认识的字段等;没有则不出现")


class SavedPosts(BaseModel):
    results: list[SavedPost | ErrorItem]


class PostPage(BaseModel):
    posts: list[StoredPost]
    next: str | None


class GapAnswer(BaseModel):
    week: str
    now: datetime
    gaps: list[Gap]
    unasked_posts: list[str]
    accounts: list[AccountReport]


class HealthAnswer(BaseModel):
    status: str
    checks: dict[str, Any] = {}
