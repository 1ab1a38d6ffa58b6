"""Makes commands of a message: the port, and our own generator, which is deterministic and local."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from conversation.conversation import HandoffReason
from nlu.anger import is_angry
from nlu.dialogue import agreement, answers, danger, done, flow_steps
from nlu.dialogue.commands import (
    Affirm,
    Ask,
    Cancel,
    CannotHandle,
    Change,
    Choose,
    Clarify,
    Command,
    CorrectSlot,
    Courtesy,
    Deny,
    Evidence,
    Handoff,
    Hold,
    Report,
    SetLanguage,
    SetParts,
    SetSlot,
    Skip,
    StartFlow,
    Undo,
    Urgent,
)
from nlu.dialogue.negation import negated
from nlu.dialogue.options import chosen, options_for
from nlu.dialogue.polarity import polarity
from nlu.dialogue.problems import ProblemKind
from nlu.dialogue.questions import Question, is_truth, open_question
from nlu.dialogue.reading import Clause, read
from nlu.dialogue.serving import allowed, direct, is_process, is_running
from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.assign import Filled, assign, mentioned, voided
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.composite import missing, read_parts
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.dialogue.writes import writes_from
from nlu.emoji import MOOD, meant_by_emoji
from nlu.flows import Collect, Flow
from nlu.knowledge import Passage
from nlu.language import LanguageDetector
from nlu.meaning import likely_reserved

_LONG_WORDS = 3
_A_SENTENCE = 14
_SURE_GOODBYE = 0.95
_FAIR = 0.4
_PLAIN_YES = frozenset({"ja", "yes", "jep", "yep", "yeah", "jo"})


class CommandGenerator(Protocol):
    """Where commands come from. One that asks a language model may stand beside ours."""

    def commands(self, context: TurnContext) -> list[Command]:
        """What the message of this turn tells the dialogue to do, in the order of its clauses. Never empty."""
        ...


@dataclass(frozen=True)
class LocalGenerator:
    """A pure function of the message's clauses, their understanding, the open question, the flow stack and what was
    just reported. Each clause is read in a fixed order: danger, a person, a typed value, a correction, changing what
    was done, a problem, a question or request, free text, courtesy.
    """

    languages: LanguageDetector

    def commands(self, context: TurnContext) -> list[Command]:
        """See CommandGenerator."""
        if (one := self._at_once(context)) is not None:
            return [one]
        clauses = read(context.understanding, context.text, context.lexicon)
        reader = _Reader(context, open_question(context.pack, context.tracker), clauses)
        for clause in clauses:
            reader.clause(clause)
        return reader.commands()

    def _at_once(self, context: TurnContext) -> Command | None:
        """What the message as a whole is, whatever its clauses say."""
        if context.pack.profile.bot.anger and is_angry(context.text):
            return Handoff(HandoffReason.ANGER)
        if sign := meant_by_emoji(context.text):
            return _of_emoji(context, sign)
        if language := self.languages.wished(context.text):
            return SetLanguage(language)
        return None


def _of_emoji(context: TurnContext, sign: str) -> Command:
    """A thumb answers a yes/no question; a mood is no failed try."""
    question = open_question(context.pack, context.tracker)
    if sign == "thanks":
        return Courtesy("thanks")
    if sign == MOOD or (question is not None and not is_truth(context.pack, question)):
        return Courtesy(MOOD)
    if question is not None and not question.is_consent and not question.expects and question.collect is not None:
        return SetSlot(question.collect.slot, sign == "affirm")
    return Affirm() if sign == "affirm" else Deny()


@dataclass
class _Reader:
    """Reads the clauses of one message, each with what those before it left open."""

    context: TurnContext
    question: Question | None
    clauses: Sequence[Clause]
    made: list[Command] = field(default_factory=list)
    free: list[Clause] = field(default_factory=list)
    unread: list[Clause] = field(default_factory=list)
    sense: list[Command] = field(default_factory=list)

    def clause(self, clause: Clause) -> None:
        """Adds what one clause says."""
        for level in (
            self._danger,
            self._person,
            self._value,
            self._correction,
            self._reversal,
            self._leaving,
            self._problem,
            self._matter,
            self._free_text,
            self._courtesy,
        ):
            found = level(clause)
            if found:
                self.made += [*found, *self._told(clause, found)]
                return
        self.unread.append(clause)

    def commands(self) -> list[Command]:
        """All that was said; at least that nothing was understood."""
        self._take_free_text()
        self.made += self._unanswered()
        every = _without_echoes(self.made)
        made = agreement.settled(self.context, self.question, self.clauses, every, self.unread)
        if self.sense and not any(
            isinstance(c, Ask | StartFlow | Change | Undo | Report | Handoff | Urgent) for c in made
        ):
            return [*self.sense, *(c for c in made if isinstance(c, SetSlot))]
        if made and not all(isinstance(c, Courtesy) for c in made):
            return [c for c in made if not isinstance(c, Courtesy)] or made
        if self.unread:
            return self._doubtful()
        return made or [CannotHandle()]

    def _unanswered(self) -> list[Command]:
        """A question beside an answer that nothing of ours answers: an honest word instead of silence."""
        asked = [c for c in self.unread if c.is_question and c.act.odds >= 1.0 and len(c.tokens) >= _LONG_WORDS]
        if not asked or not any(isinstance(c, SetSlot | CorrectSlot | SetParts) for c in self.made):
            return []
        self.unread = [c for c in self.unread if c not in asked]
        return [Ask(evidence=_evidence(asked[0]))]

    def _told(self, clause: Clause, found: Sequence[Command]) -> list[Command]:
        """The problem that comes with a matter: what was expected has not happened, whatever is looked up now."""
        starts = any(isinstance(c, StartFlow) for c in found)
        if not starts and self._denies_before(clause):
            return [Report(clause.text, evidence=_evidence(clause))]
        if not starts or clause.problem is None or clause.problem.kind is ProblemKind.DEFECT:
            return []
        return [Report(clause.problem.surface, evidence=_evidence(clause))]

    def _denies_before(self, clause: Clause) -> bool:
        """An ellipsis that denies what the sentence before it told: "DHL says it was delivered. It wasn't"."""
        lexicon = self.context.lexicon
        started = any(isinstance(c, StartFlow) for c in self.made)
        return started and _is_only(clause, lexicon.negation, lexicon.fillers, lexicon.contrast, lexicon.question)

    # Danger and people

    def _danger(self, clause: Clause) -> list[Command]:
        intent = danger.urgent_intent(clause, self.context.pack.profile.bot.urgent_intents)
        return [Urgent(intent, evidence=_evidence(clause))] if intent else []

    def _person(self, clause: Clause) -> list[Command]:
        bot = self.context.pack.profile.bot
        if reserved := likely_reserved(clause.understanding, bot.reserved_intents):
            return [Handoff(HandoffReason.RESERVED, reserved, evidence=_evidence(clause))]
        if self._wants_person(clause):
            return [Handoff(HandoffReason.ASKED, "human", evidence=_evidence(clause))]
        lenient = not self._takes_free_text
        if (clause.intent if lenient else clause.strict_intent) == "human":
            return [Handoff(HandoffReason.ASKED, "human", evidence=_evidence(clause))]
        return []

    def _wants_person(self, clause: Clause) -> bool:
        """Whether the closed list says so: it holds in packs with few examples, too."""
        said = self.context.lexicon.person.find(clause.tokens)
        denied = negated(clause.text, clause.tokens, self.context.lexicon)
        return any(not all(p in denied for p in span.own) for span in said) and len(clause.tokens) <= _A_SENTENCE

    # Values

    @property
    def _takes_free_text(self) -> bool:
        wish = self._asked
        return wish is not None and wish.free and not self._is_consent

    @property
    def _is_consent(self) -> bool:
        return self.question is not None and self.question.is_consent

    @property
    def _asked(self) -> Wanted | None:
        question = self.question
        if question is None or question.collect is None or question.expects:
            return None
        return wanted(self.context.pack.domain, question.collect.slot, question.collect)

    def _value(self, clause: Clause) -> list[Command]:  # noqa: PLR0911 - one case after another
        """A typed value that fits the open question, and what else of its process the clause gives."""
        if is_truth(self.context.pack, self.question):
            return self._truth(clause)
        wish = self._asked
        if wish is None:
            return []
        if wish.collect is not None and wish.collect.parts:
            return self._parts(clause, wish.slot.name, wish.collect.parts)
        if clause.is_question and self._serves(clause) and self._other_or_answer(clause):
            return []
        if clause.problem is not None and wish.free and not wish.is_typed:
            return []
        if self._cue(clause) and (changes := self._corrections(clause)) and not self._fits_by_kind(wish, clause):
            return list(changes)
        slots = [wish, *(other for other in self._unfilled if other.slot.name != wish.slot.name)]
        filled = assign(
            clause.text, clause.understanding, slots, self.context.today, self.context.languages, self.context.lexicon
        )
        if not any(one.slot == wish.slot.name for one in filled):
            if wish.free and filled and not self._left(clause, filled):
                return [SetSlot(one.slot, one.value, evidence=_evidence(clause, "value")) for one in filled]
            return answers.by_intent(wish, clause) or answers.attempt(self.context, wish, clause, self._serves(clause))
        if (more := self._next_free) is not None and len(left := self._left(clause, filled)) >= _LONG_WORDS:
            text = clause.text[left[0].start : left[-1].end]
            filled = [*filled, Filled(more.slot.name, more.slot.fit(text), left[0].start, left[-1].end)]
        corrections = self._corrections(clause) if self._cue(clause) else []
        set_ = [SetSlot(one.slot, one.value, evidence=_evidence(clause, "value")) for one in filled]
        return [*(c for c in corrections if all(c.slot != s.slot for s in set_)), *set_]

    def _other_or_answer(self, clause: Clause) -> bool:
        """Whether a question is about something else than what is being asked for."""
        flow = self.context.pack.triggers.get(clause.strict_intent)
        return flow is None or not is_running(self.context, flow)

    def _fits_by_kind(self, wish: Wanted, clause: Clause) -> bool:
        """Whether the clause has a value for the asked slot by its kind or entity, not only by a likeness of form."""
        text, understanding = clause.text, clause.understanding
        plain = replace(wish, has_form=False)
        languages, lexicon = self.context.languages, self.context.lexicon
        return bool(assign(text, understanding, [plain], self.context.today, languages, lexicon))

    def _says_the_button(self, clause: Clause) -> bool:
        """Whether the clause is what the yes button says without its yes: "cancel it" to "Yes, cancel it"."""
        lexicon, offered = self.context.lexicon, self.context.tracker.offered[-4:]
        for title in (tokenize(b["title"]) for b in offered if lexicon.yes.at(tokenize(b["title"]), 0)):
            words = {t.folded for t in title[1:]} - lexicon.fillers.words
            mine = {t.folded for t in clause.tokens} - lexicon.fillers.words
            if words and mine == words:
                return True
        return False

    def _only_thanks(self, clause: Clause) -> bool:
        """Whether it ends after "anything else?" (`ok thanks`), as `yes please` does not."""
        lexicon = self.context.lexicon
        polite = lexicon.thanks.any_in(clause.tokens) or lexicon.goodbye.any_in(clause.tokens)
        return polite and not lexicon.no.any_in(clause.tokens) and clause.tokens[0].folded not in _PLAIN_YES

    def _left(self, clause: Clause, filled: Sequence[Filled]) -> list[Token]:
        """The words of a clause outside of the values found in it, without those that say nothing."""
        lexicon = self.context.lexicon
        empty = lexicon.fillers.places(clause.tokens) | lexicon.greeting.places(clause.tokens)
        empty |= lexicon.thanks.places(clause.tokens) | lexicon.correction.places(clause.tokens)
        outside = [t for t in clause.tokens if not any(f.start < t.end and t.start < f.end for f in filled)]
        kept = [t for t in outside if clause.tokens.index(t) not in empty]
        return outside if len(kept) >= _LONG_WORDS else kept if kept and not _small(kept, self.context) else []

    @property
    def _next_free(self) -> Wanted | None:
        """The free-text slot that is asked for right after the open question, if it is still empty."""
        question = self.question
        if question is None or question.flow is None or question.frame is None or question.collect is None:
            return None
        step = question.flow.steps.get(question.frame.step)
        following = question.flow.steps.get(step.branches[0].target) if step and len(step.branches) == 1 else None
        if following is None or not isinstance(following.do, Collect):
            return None
        wish = wanted(self.context.pack.domain, following.do.slot, following.do)
        empty = wish is not None and self.context.tracker.slots.get(wish.slot.name) is None
        return wish if wish is not None and empty and wish.free and not wish.is_typed else None

    def _parts(self, clause: Clause, slot: str, kinds: Sequence[str]) -> list[Command]:
        """The parts of a composite value that the clause gives; a lone word is only taken for what is still missing."""
        known = self.context.tracker.parts.get(slot, {})
        found = read_parts(clause.text, kinds, self.context.today, self.context.languages)
        if not found or (set(found) == {"town"} and (clause.strict_intent or "town" not in missing(kinds, known))):
            return []
        return [SetParts(slot, found, evidence=_evidence(clause, "value"))]

    def _truth(self, clause: Clause) -> list[Command]:  # noqa: PLR0911 - one case after another
        """A yes or no. With a rest the rest counts, and the yes or no only if nothing is in it."""
        assert self.question is not None
        if self._is_consent or self.question.expects == "change_what":
            changes = self._corrections(clause)
            bare = not self._left(clause, answers.spans(self.context, clause, self._given))
            if changes and (bare or self._cue(clause) or not self._other_matter(clause)):
                return list(changes)
            if parts := self._corrected_parts(clause):
                return list(parts)
        waits = polarity(clause.text, self.context.lexicon).hold
        if self._is_consent and waits and not (clause.is_question and self._serves(clause)):
            return [Hold(evidence=_evidence(clause))]
        if self._is_consent and self._says_the_button(clause):
            return [Affirm(evidence=_evidence(clause))]
        agrees = answers.leaning(self.context, self.question, clause) is True
        short = len(clause.tokens) <= _A_SENTENCE / 2
        leaves = self.context.lexicon.cancel.any_in(clause.tokens) and short and not agrees
        if (self._is_consent or self.question.expects == "change_what") and leaves and not clause.is_question:
            return [Cancel(evidence=_evidence(clause))]
        told = clause.problem is not None and bool(self.context.tracker.reported)
        if self.question.expects in answers.ONLY_BARE and (told or self._only_thanks(clause)):
            return []
        found = answers.to_truth(self.context, self.question, clause)
        if not found.rest_counts:
            return [*found.commands, *(self._parked(clause) if found.takes_facts else [])]
        self.sense += found.commands
        return []

    @property
    def _unfilled(self) -> list[Wanted]:
        """The slots the open flows may still ask for and that have no value yet, with a form to be known by."""
        found: dict[str, Wanted] = {}
        for frame in reversed(self.context.tracker.stack):
            flow = self.context.pack.flows.get(frame.flow)
            for wish in _wants(self.context, flow) if flow else ():
                if wish.is_typed and not _is_formless(wish) and self.context.tracker.slots.get(wish.slot.name) is None:
                    found.setdefault(wish.slot.name, wish)
        return list(found.values())

    def _parked(self, clause: Clause) -> list[Command]:
        """Facts no open flow asked for."""
        known = mentioned(self.context.pack.domain.slots, clause.understanding)
        return [SetSlot(name, value, evidence=_evidence(clause, "value")) for name, value in known.items()]

    # Corrections

    def _correction(self, clause: Clause) -> list[Command]:
        if self.question is None or self._is_consent or not self.context.tracker.stack:
            return []
        changes = self._corrections(clause)
        named = [w for w in self._given if w.entities or w.has_form]
        bare = not self._left(clause, answers.spans(self.context, clause, named))
        doubtful = self._other_matter(clause) or (self._takes_free_text and not bare)
        return list(changes) if changes and (self._cue(clause) or not doubtful) else []

    def _corrections(self, clause: Clause) -> list[CorrectSlot]:
        """Other values for what was said before, from the top flow down to those that wait."""
        return answers.corrections(self.context, clause, self._given)

    def _corrected_parts(self, clause: Clause) -> list[SetParts]:
        """Parts of a composite value that was given already, said anew."""
        found: list[SetParts] = []
        for wish in self._composites:
            assert wish.collect is not None
            parts = read_parts(clause.text, wish.collect.parts, self.context.today, self.context.languages)
            known = self.context.tracker.parts.get(wish.slot.name, {})
            fresh = {kind: value for kind, value in parts.items() if value != known.get(kind)}
            if fresh and (set(fresh) != {"town"} or self._cue(clause)):
                found.append(SetParts(wish.slot.name, fresh, evidence=_evidence(clause, "value")))
        return found

    @property
    def _composites(self) -> list[Wanted]:
        tracker = self.context.tracker
        found: dict[str, Wanted] = {}
        for frame in reversed(tracker.stack):
            flow = self.context.pack.flows.get(frame.flow)
            for wish in _wants(self.context, flow) if flow else ():
                if wish.collect is not None and wish.collect.parts and wish.slot.name in tracker.slots:
                    found.setdefault(wish.slot.name, wish)
        return list(found.values())

    @property
    def _given(self) -> list[Wanted]:
        tracker = self.context.tracker
        found: dict[str, Wanted] = {}
        for frame in reversed(tracker.stack):
            flow = self.context.pack.flows.get(frame.flow)
            for wish in _wants(self.context, flow) if flow else ():
                if wish.slot.name in tracker.slots and not _is_formless(wish):
                    found.setdefault(wish.slot.name, wish)
        return list(found.values())

    def _cue(self, clause: Clause) -> bool:
        return (
            self.context.lexicon.correction.any_in(clause.tokens[:4])
            or bool(self.context.lexicon.correction.find(clause.tokens) and len(clause.tokens) <= 8)
            or bool(voided(clause.text, self.context.lexicon))
        )

    # What was done

    def _reversal(self, clause: Clause) -> list[Command]:
        """Taking back or changing what was just written, while nothing else is open."""
        tracker = self.context.tracker
        if tracker.stack or done.last_open(self.context) is None:
            return self._redo(clause) if not tracker.stack else []
        lexicon = self.context.lexicon
        leaves = lexicon.cancel.any_in(clause.tokens) and not clause.asks_about
        if (lexicon.undo.any_in(clause.tokens) or leaves) and not self._names_another(clause):
            return [Undo(evidence=_evidence(clause))]
        changes = answers.changes_of_done(self.context, clause)
        if changes and (self._cue(clause) or not self._other_matter(clause)):
            return [Change(changes, evidence=_evidence(clause, "value"))]
        return []

    def _redo(self, clause: Clause) -> list[Command]:
        """A correction after a flow that only looked something up: it looks again."""
        last = self.context.tracker.last
        flow = self.context.pack.flows.get(last.get("flow", ""))
        if flow is None or writes_from(self.context.pack, flow, flow.first):
            return []
        wishes = [w for w in _wants(self.context, flow) if w.slot.name in last.get("slots", {})]
        filled = assign(
            clause.text, clause.understanding, wishes, self.context.today, self.context.languages, self.context.lexicon
        )
        changes = {one.slot: one.value for one in filled if last["slots"].get(one.slot) != one.value}
        served = clause.strict_intent in self.context.pack.triggers and clause.strict_intent != last.get("intent")
        only_that = self._cue(clause) and not self._left(clause, filled)
        if changes and only_that:
            return [StartFlow(last.get("intent", ""), changes, evidence=_evidence(clause, "value"))]
        if not changes or served or not (self._cue(clause) or clause.strict_intent in ("", "deny", "affirm")):
            return []
        return [StartFlow(last.get("intent", ""), changes, evidence=_evidence(clause, "value"))]

    def _names_another(self, clause: Clause) -> bool:
        """Whether the clause is about something else than what was just done: another number."""
        written = done.last_open(self.context)
        known = mentioned(self.context.pack.domain.slots, clause.understanding)
        facts = done.facts_of(written) if written else {}
        return any(facts.get(name) not in (None, value) for name, value in known.items())

    # Leaving, waiting

    def _leaving(self, clause: Clause) -> list[Command]:
        lexicon = self.context.lexicon
        if self.question is None and not self.context.tracker.stack:
            return [Cancel(evidence=_evidence(clause))] if clause.strict_intent == "cancel" else []
        whole = _is_only(clause, lexicon.cancel, lexicon.fillers, lexicon.thanks, lexicon.no)
        if whole or (clause.intent == "cancel" and not self._other_matter(clause)):
            return [Cancel(evidence=_evidence(clause))]
        if _is_only(clause, lexicon.indifferent, lexicon.fillers):
            return [Skip(indifferent=True, evidence=_evidence(clause))]
        unable = self._asked is not None and self._asked.is_typed and lexicon.skip.any_in(clause.tokens)
        if unable and not self._other_matter(clause) and not clause.is_question:
            return [Skip(evidence=_evidence(clause))]
        begins = lexicon.hold.at(clause.tokens, 0) is not None and not clause.is_question
        looks = begins and not any(t.is_number for t in clause.tokens) and not clause.strict_intent
        if looks or _is_only(clause, lexicon.hold, lexicon.fillers, lexicon.yes):
            return [Hold(evidence=_evidence(clause))]
        return []

    # Problems and matters

    def _problem(self, clause: Clause) -> list[Command]:
        """A problem about what was just reported; a defect that has a process of its own is that process's matter."""
        tracker = self.context.tracker
        if clause.problem is None or tracker.stack or not tracker.reported:
            return []
        flow = self.context.pack.triggers.get(clause.strict_intent)
        other = flow is not None and flow.id != tracker.reported.get("flow")
        if other and (clause.problem.kind is ProblemKind.DEFECT or clause.act.odds < 0):
            return []
        return [Report(clause.problem.surface, evidence=_evidence(clause))]

    def _matter(self, clause: Clause) -> list[Command]:  # noqa: C901, PLR0911 - one case after another
        """A question about something, or the request for a process."""
        context, intent = self.context, clause.strict_intent
        if intent in context.pack.profile.bot.urgent_intents and danger.is_denied(clause):
            return [Courtesy("all_right", evidence=_evidence(clause))]
        passage = self._passage(clause)
        flow = context.pack.triggers.get(intent)
        if flow is not None and is_running(context, flow) and not clause.asks_about:
            return []
        if flow is not None and allowed(context, flow):
            heading = context.pack.knowledge.titled(clause.text, context.language) is not None
            if is_process(flow) and (heading or self._only_asks(clause, flow)):
                return [Ask(intent, passage, evidence=_evidence(clause, "engine"))]
            if self._takes_free_text and not (clause.is_question or self._requests(clause)):
                return []
            if passage is not None and not is_process(flow) and clause.understanding.extra.get("article"):
                return [Ask(intent, passage, evidence=_evidence(clause, "engine"))]
            return [StartFlow(intent, self._for(flow, clause), evidence=_evidence(clause, "engine"))]
        if passage is not None and (clause.is_question or self.question is None or not self._takes_free_text):
            return [Ask(intent if flow is None else "", passage, evidence=_evidence(clause, "engine"))]
        if intent in ("thanks", "goodbye", "greet", "affirm", "deny", "cancel", ""):
            return self._choice(clause)
        if self._takes_free_text and not clause.is_question:
            return []
        if direct(context, intent):
            return [StartFlow(intent, evidence=_evidence(clause, "engine"))]
        return [StartFlow(intent, evidence=_evidence(clause, "engine"))] if self.question is None else []

    def _choice(self, clause: Clause) -> list[Command]:
        """The answer to "did you mean": by its place or its name."""
        picked = chosen(self.context, clause)
        return [Choose(picked, evidence=_evidence(clause))] if picked else []

    def _only_asks(self, clause: Clause, flow: Flow) -> bool:
        """Whether a clause near a process that writes asks about it and names nothing the process could work with."""
        writes = writes_from(self.context.pack, flow, flow.first)
        if not writes or not clause.asks_about:
            return False
        return not self._in_clause(flow, clause)

    def _requests(self, clause: Clause) -> bool:
        return clause.act.odds <= -1.0

    def _passage(self, clause: Clause) -> Passage | None:
        knowledge, article = self.context.pack.knowledge, clause.understanding.extra.get("article")
        asked = knowledge.below(article["file"], article["heading"]) if article else None
        if asked is not None:
            return asked
        if titled := knowledge.titled(clause.text, self.context.language):
            return titled
        if not clause.is_question and (clause.strict_intent or self.context.tracker.stack):
            return None
        found = knowledge.find(clause.text, self.context.language)
        if found is not None or not clause.is_question:
            return found
        stack = self.context.tracker.stack
        near = clause.strict_intent or (stack[0].intent if stack else self.context.tracker.topic)
        return knowledge.about(near, clause.text, self.context.language) if near else None

    def _for(self, flow: Flow, clause: Clause) -> Mapping[str, Any]:
        """What the whole message gives the slots of a flow: a first message may hold all of them."""
        context = self.context
        own = self._in_clause(flow, clause)
        wishes = [w for w in _wants(context, flow) if w.is_typed and not _is_formless(w) and w.slot.name not in own]
        filled = assign(context.text, context.understanding, wishes, context.today, context.languages, context.lexicon)
        mine = clause.start, clause.start + len(clause.text)
        free = [f for f in filled if not self._of_another(f, mine)]
        return {**{one.slot: one.value for one in free}, **own}

    def _in_clause(self, flow: Flow, clause: Clause) -> dict[str, Any]:
        """What the clause itself gives the slots of a flow."""
        context = self.context
        wishes = [w for w in _wants(context, flow) if w.is_typed and not _is_formless(w)]
        filled = assign(clause.text, clause.understanding, wishes, context.today, context.languages, context.lexicon)
        declared = [w.slot.name for w in _wants(context, flow) if w.is_declared]
        known = mentioned(context.pack.domain.slots, clause.understanding, but=declared)
        return {**known, **{f.slot: f.value for f in filled}}

    def _of_another(self, found: Filled, mine: tuple[int, int]) -> bool:
        """Whether a value stands in another clause that is a matter of its own."""
        return any(
            other.start <= found.start < other.start + len(other.text)
            and not mine[0] <= found.start < mine[1]
            and other.strict_intent in self.context.pack.triggers
            for other in self.clauses
        )

    def _other_matter(self, clause: Clause) -> bool:
        flow = self.context.pack.triggers.get(clause.strict_intent)
        return flow is not None and not is_running(self.context, flow)

    def _serves(self, clause: Clause) -> bool:
        """Whether the clause could be about something we have an answer for."""
        intent = clause.strict_intent
        known = bool(intent) and (
            intent in self.context.pack.triggers or direct(self.context, intent) is not None or intent == "goodbye"
        )
        return known or self._passage(clause) is not None

    # Free text, courtesy, doubt

    def _free_text(self, clause: Clause) -> list[Command]:
        if not self._takes_free_text or self._is_polite(clause):
            return []
        if guess := self._asks_inside(clause):
            return [StartFlow(guess, evidence=_evidence(clause, "engine"))]
        if not (clause.is_question and self._serves(clause)):
            self.free.append(clause)
        return []

    def _asks_inside(self, clause: Clause) -> str:
        """The likeliest matter of a clause that asks in its middle ("was away, where was that shop again"):
        nobody gives that as a reason, so a fair guess will do.
        """
        asking = [span.first for span in self.context.lexicon.wh.find(clause.tokens)]
        ranking = clause.understanding.ranking
        if not asking or not ranking or not clause.understanding.in_scope or ranking[0].confidence < _FAIR:
            return ""
        name = ranking[0].name
        flow = self.context.pack.triggers.get(name)
        served = direct(self.context, name) is not None or (flow is not None and not is_process(flow))
        return name if served else ""

    def _take_free_text(self) -> None:
        """What is left of the message is the value of the free question, without what began it as a correction."""
        wish = self._asked
        if wish is None or not self.free or any(isinstance(c, SetSlot) and c.slot == wish.slot.name for c in self.made):
            return
        text = answers.bare(self.context, self.free)
        value = wish.slot.fit(text)
        if value is None or not wish.accepts(value):
            return
        self.unread = [c for c in self.unread if c not in self.free]
        self.made.append(SetSlot(wish.slot.name, value, evidence=Evidence(text, 1.0, "words")))

    def _is_polite(self, clause: Clause) -> bool:
        lexicon = self.context.lexicon
        return (
            clause.understanding.courtesy
            or _is_only(clause, lexicon.thanks, lexicon.goodbye, lexicon.greeting, lexicon.fillers, lexicon.kind)
            or _is_only(clause, lexicon.goodbye, lexicon.fillers)
            or _is_only(clause, lexicon.greeting, lexicon.fillers)
            or _is_only(clause, lexicon.hold, lexicon.fillers)
            or _is_only(clause, lexicon.yes, lexicon.fillers, lexicon.thanks)
        )

    def _courtesy(self, clause: Clause) -> list[Command]:
        intent, lexicon = clause.intent, self.context.lexicon
        if self._greets(clause):
            return [Courtesy("greet", evidence=_evidence(clause))]
        if _is_only(clause, lexicon.goodbye, lexicon.fillers, lexicon.thanks, lexicon.yes):
            return [Courtesy("goodbye", evidence=_evidence(clause))]
        if _is_only(clause, lexicon.thanks, lexicon.fillers, lexicon.yes, lexicon.kind):
            return [Courtesy("thanks", evidence=_evidence(clause))]
        ends = self.question is not None and self.question.expects in answers.ONLY_BARE
        sure = intent != "goodbye" or ends or clause.understanding.intent.confidence >= _SURE_GOODBYE
        polite = intent in ("thanks", "goodbye") and not clause.problem and sure
        if intent in ("greet", "help", "bot_challenge") or polite:
            return [Courtesy(intent, evidence=_evidence(clause, "engine"))]
        if self.question is None and intent in ("affirm", "deny"):
            return [Affirm(evidence=_evidence(clause)) if intent == "affirm" else Deny(evidence=_evidence(clause))]
        return []

    def _greets(self, clause: Clause) -> bool:
        """Whether a word that greets and parts ("servus", "ciao") greets: nothing is there to part from."""
        lexicon, tracker = self.context.lexicon, self.context.tracker
        begins = tracker.turns <= 1 or clause.understanding.intent.name == "greet"
        nothing_ends = self.question is None and not lexicon.thanks.any_in(clause.tokens)
        return begins and nothing_ends and _is_only(clause, lexicon.greeting, lexicon.fillers)

    def _doubtful(self) -> list[Command]:
        """Nothing was sure: what it might be, if nothing is open; else an answer that is none."""
        if self.question is not None and not self.question.expects:
            return [CannotHandle("rest" if self._is_consent else "no_value", evidence=_evidence(self.unread[0]))]
        options = options_for(self.context, self.unread[0].understanding, self.context.text)
        if options:
            facts = self._parked(Clause(self.context.text, 0, self.context.understanding, self.context.lexicon))
            return [Clarify(tuple(options), evidence=_evidence(self.unread[0], "engine")), *facts]
        return [CannotHandle(evidence=_evidence(self.unread[0]))]


def _small(tokens: Sequence[Token], context: TurnContext) -> bool:
    """Whether words left over are only such as go with a value (`am`, `um`, `bis`, `für`)."""
    words = calendar(context.languages)
    listed = (t.folded for t in tokens)
    return all(words.has("on", w) or words.joins(w) or words.has("from", w) or len(w) <= 3 for w in listed)


def _wants(context: TurnContext, flow: Flow) -> list[Wanted]:
    """What a flow, with those it calls, may ask for."""
    found: dict[str, Wanted] = {}
    for part in flow_steps.parts(context, flow.id):
        for collect in part.collects:
            wish = wanted(context.pack.domain, collect.slot, collect)
            if wish is not None:
                found.setdefault(collect.slot, wish)
    return list(found.values())


def _is_formless(wish: Wanted) -> bool:
    """Whether the slot is filled by a yes or no, or by parts: neither is told by its form alone."""
    composite = wish.collect is not None and bool(wish.collect.parts)
    return wish.slot.type == "bool" or composite


def _is_only(clause: Clause, *lists: Any) -> bool:
    """Whether every word of the clause belongs to one of the lists, the first of which it has."""
    if not clause.tokens or not lists[0].any_in(clause.tokens):
        return False
    places: set[int] = set()
    for phrases in lists:
        places |= phrases.places(clause.tokens)
    return len(places) == len(clause.tokens)


def _without_echoes(commands: Sequence[Command]) -> list[Command]:
    """Each start, value and question once."""
    kept: list[Command] = []
    for one in commands:
        if isinstance(one, StartFlow) and any(isinstance(k, StartFlow) and k.intent == one.intent for k in kept):
            continue
        if isinstance(one, SetSlot) and any(isinstance(k, SetSlot) and k.slot == one.slot for k in kept):
            continue
        kept.append(one)
    return kept


def _evidence(clause: Clause, source: str = "words") -> Evidence:
    return Evidence(clause.text, clause.understanding.intent.confidence, source)
