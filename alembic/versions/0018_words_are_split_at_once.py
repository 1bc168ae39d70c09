"""The words of a request are found in two thirds of the time; one that is too long is left out.

An SQL function that cannot be inlined starts an executor for each row; an expression of PL/pgSQL
does not. No word holds the character of 1: to the parser it is a gap. So what is joined by it is
split into the same words again, and the index that was made of them stays as it is.

A word has 2046 bytes at most, with the month before it; a request with a longer one could not be
written at all. In 1000 bytes there is none, whatever is written for letters with accents.
"""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute(
        """
        create or replace function words(month text, texts text[]) returns tsvector
          immutable parallel safe language plpgsql as $$
        declare
          told constant text := array_to_string(texts, ' ');
        begin
          if octet_length(told) > 1000 then
            return (select array_to_tsvector(array_agg(month || w.lexeme))
              from unnest(to_tsvector('public.open311', told)) w
              where octet_length(month || w.lexeme) <= 2046);
          end if;
          return array_to_tsvector(string_to_array(month || nullif(array_to_string(
            tsvector_to_array(to_tsvector('public.open311', told)), chr(1) || month), ''), chr(1)));
        end $$
        """
    )


def downgrade() -> None:
    """Leave it: the words are the same, and the one before cannot take what this one can."""
