"""What a clause tells of danger, by its words: what is so, denied, asked about, or only a figure of speech."""

from functools import cached_property

from nlu.dialogue.acts import begins_asking, lacks_subject
from nlu.dialogue.parts import Part
from nlu.dialogue.phrases import Phrases, Span
from nlu.dialogue.reading import Clause

_AHEAD = 6
_BEHIND = 2
"""So many words before and behind it a no denies a word of danger: "no crack at all", "raucht nicht"."""
_BEGINNING = 3
_A_NAME, _A_CHOICE = 3, 9
"""So many words at most name a part, or one part and not the other."""


class ToldDanger:
    """What a clause tells of danger, part by part."""

    def __init__(self, clause: Clause) -> None:
        self._tokens, self._lexicon = clause.tokens, clause.lexicon
        self._text = clause.text
        self._asks_about = clause.asks_about
        self._problems = [part for part, _ in clause.problems]
        self._parts = clause.parts
        idle = self._places(clause.lexicon.pseudo) | self._places(clause.lexicon.persists)
        self._noes = clause.lexicon.negation.places(clause.tokens) - idle

    @cached_property
    def real(self) -> list[Span]:
        """The words of danger that are said of something that is so."""
        return [s for s in self._words if s not in self._denied and not self._is_asked_about(s)]

    @property
    def is_soft(self) -> bool:
        return all(self._is_only_soft(span) for span in self.real)

    @property
    def is_hard(self) -> bool:
        """Whether a word is said that stands for danger in any matter."""
        return bool(self.real) and not self.is_soft

    @property
    def goes_on(self) -> bool:
        """Whether it is said to last, or a defect follows on what was fine."""
        return self._lexicon.persists.any_in(self._tokens) or self._turns_to_a_defect or self._goes_on_despite_it

    @cached_property
    def is_denied(self) -> bool:
        """Whether danger or damage is spoken of only to say that there is none, or that all is well. What a "but"
        brings in behind counts all the same.
        """
        if self.real or self._turns_to_a_defect:
            return False
        if self._begins_denying:
            return True
        return not self.tells_defect and (bool(self._denied) or self._is_fine)

    @property
    def is_harmless(self) -> bool:
        """Whether it is a figure of speech, told of another time or thing, or imagined."""
        if self._goes_on_despite_it:
            return False
        if self._figures or (self._asks_about and self._imagines):
            return True
        if not self._words and (self._prepares or self._recounts or self._names_a_part or self._is_mild):
            return True
        own = self._lexicon.own.any_in(self._tokens)
        if self.only_asks and not (self.real and own) and not self._begins_telling:
            return True
        return self.is_elsewhere and all(self._is_only_soft(s) and self._is_a_defect(s) for s in self.real)

    @cached_property
    def only_asks(self) -> bool:
        """Whether it is a question as a whole; one behind a statement does not take that back."""
        if not self._asks_about:
            return False
        bare = len(self._parts) == 1 and "?" in self._text and not self._words and not self._problems
        return bare or self._part_asks(self._parts[0])

    @cached_property
    def tells_defect(self) -> bool:
        """Whether something is said to be broken or not to do what it should."""
        fine = self._places(self._lexicon.fine)
        if self._goes_on_despite_it:
            return True
        return any(not any(place in part for place in fine) for part in self._problems)

    @cached_property
    def is_misshapen(self) -> bool:
        """Whether what is broken is only bent or stuck."""
        return not self._words and self._breaks_only(self._lexicon.misshapen, self._lexicon.mild)

    @property
    def _is_mild(self) -> bool:
        return self._breaks_only(self._lexicon.mild)

    def _breaks_only(self, *kinds: Phrases) -> bool:
        """Whether some defect is of these kinds and none is of another."""
        mine = frozenset().union(*(self._places(kind) for kind in kinds))
        others = (frozenset(self._places(self._lexicon.defects)) | self._noes) - mine
        return bool(mine) and not others

    @property
    def _prepares(self) -> bool:
        """Whether it names what one keeps against danger, and nothing goes on."""
        return bool(self._places(self._lexicon.precautions)) and not self._lexicon.persists.any_in(self._tokens)

    @property
    def _recounts(self) -> bool:
        """Whether hospital and illness are told as the reason for a matter of the customer's own."""
        speaker = self._places(self._lexicon.speaker)
        told = self._lexicon.recounted.any_in(self._tokens)
        return told and all(any(place in part for place in speaker) for part in self._problems)

    @property
    def _names_a_part(self) -> bool:
        """Whether it only says which of several parts is meant: "it's the rear brake, not the front"."""
        lexicon, tokens = self._lexicon, self._tokens
        begins = lexicon.identifies.at(tokens, 0)
        if begins is None or len(tokens) > _A_CHOICE or lexicon.defects.any_in(tokens):
            return False
        noes = sorted(self._noes - set(begins.own))
        if not noes:
            return len(tokens) <= begins.last + 1 + _A_NAME and lexicon.articles.at(tokens, begins.last + 1) is not None
        return len(noes) == 1 and lexicon.articles.at(tokens, noes[0] + 1) is not None

    @property
    def _turns_to_a_defect(self) -> bool:
        """Whether a problem stands behind a "but"."""
        lexicon, tokens = self._lexicon, self._tokens
        turns = (p.first for p in self._problems if tokens[p.first].folded in lexicon.contrast)
        return any(lexicon.connectors.at(tokens, first) is not None for first in turns)

    @cached_property
    def _goes_on_despite_it(self) -> bool:
        """Whether it is asked if one may go on with something broken: "can I still ride with a crack in the frame"."""
        lexicon, tokens = self._lexicon, self._tokens
        broken = lexicon.defects.any_in(tokens) or bool(self._words)
        return broken and lexicon.despite.any_in(tokens) and not self._noes and not self._imagines

    # What stands where

    @cached_property
    def _words(self) -> list[Span]:
        lexicon = self._lexicon
        idle = self._places(lexicon.figurative) | self._places(lexicon.precautions) | self._places(lexicon.recounted)
        found = [*lexicon.danger.find(self._tokens), *self._ruptures]
        return [s for s in found if not idle.issuperset(s.own)]

    @property
    def _ruptures(self) -> list[Span]:
        """Words for giving way beside a part that carries somebody."""
        lexicon, tokens = self._lexicon, self._tokens
        bearing = [s.first for s in lexicon.bearing.find(tokens)]
        if not bearing:
            return []
        return [s for s in lexicon.ruptures.find(tokens) if any(self._are_together(s.first, b) for b in bearing)]

    def _are_together(self, one: int, other: int) -> bool:
        return any(one in part and other in part for part in self._parts)

    @cached_property
    def _denied(self) -> list[Span]:
        return [s for s in self._words if self._is_denied(s)]

    def _is_denied(self, word: Span) -> bool:
        part = next(p for p in self._parts if word.first in p)
        own = set(word.own)
        noes = [no for no in self._noes if no in part and no not in own]
        return any(word.first - _AHEAD <= no <= word.last + _BEHIND and not self._is_another(word, no) for no in noes)

    def _is_another(self, word: Span, no: int) -> bool:
        """Whether a no behind the word has a subject of its own: "so swollen it won't come out"."""
        return any(self._tokens[p].folded in self._lexicon.subjects for p in range(word.last + 1, no))

    @cached_property
    def _begins_denying(self) -> bool:
        """Whether it begins with what is not: "kein Riss", "there is no crack", "No, it isn't"."""
        first = self._parts[0]
        no = self._lexicon.no.at(self._tokens, 0)
        if (no is not None and no.last == first.last) or any(span.first in first for span in self._denied):
            return True
        if first in self._problems or any(place in first for place in self._places(self._lexicon.speaker)):
            return False
        return any(no <= _BEGINNING for no in self._noes if no in first)

    @property
    def _is_fine(self) -> bool:
        return self._lexicon.fine.any_in(self._tokens)

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is about a thing that breaks without harm; "came off the rack" is not about the rack."""
        lexicon, tokens = self._lexicon, self._tokens
        things = [s.first for s in lexicon.elsewhere.find(tokens)]
        return any(all(tokens[p].folded not in lexicon.prepositions for p in range(max(0, t - 2), t)) for t in things)

    @property
    def _figures(self) -> bool:
        return self._lexicon.figurative.any_in(self._tokens) and not self._words

    @property
    def _imagines(self) -> bool:
        lexicon = self._lexicon
        return any(t.folded in lexicon.subordinators and t.folded in lexicon.hypothetical for t in self._tokens) or (
            self._part_asks(self._parts[0]) and lexicon.hypothetical.any_in(self._tokens[1:])
        )

    @property
    def _begins_telling(self) -> bool:
        """Whether a statement with a word of danger or defect stands before the question."""
        return (
            len(self._parts) > 1 and not self._part_asks(self._parts[0]) and (bool(self.real) or bool(self._problems))
        )

    def _part_asks(self, part: Part) -> bool:
        tokens = self._tokens[part.first : part.last + 1]
        asks = begins_asking(tokens, self._lexicon)
        return asks and ("?" in self._text or not lacks_subject(tokens, self._lexicon))

    @cached_property
    def _soft(self) -> frozenset[int]:
        return self._lexicon.soft.places(self._tokens)

    def _is_only_soft(self, span: Span) -> bool:
        return all(p in self._soft for p in span.own)

    def _is_a_defect(self, span: Span) -> bool:
        """Whether a word of danger is also said of things that break: "abgestürzt"."""
        return self._places(self._lexicon.defects).issuperset(span.own)

    def _is_asked_about(self, span: Span) -> bool:
        """Whether a soft word stands in a question behind something else: "false alarm, who pays the fire brigade"."""
        part = next(p for p in self._parts if span.first in p)
        return part is not self._parts[0] and self._is_only_soft(span) and self._part_asks(part)

    def _places(self, phrases: Phrases) -> frozenset[int]:
        return phrases.places(self._tokens)
