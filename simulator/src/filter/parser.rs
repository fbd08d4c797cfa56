//! The grammar of `$filter`, by recursive descent over a list of tokens.

use super::{Collection, Field, Filter, Literal, Relation, Test};
use crate::answer::Refusal;
use crate::identity::Guid;
use crate::properties::Property;

/// Parses a whole expression.
pub(super) fn parse(expression: &str) -> Result<Filter, Refusal> {
    let words = tokens(expression)?;
    let mut parser = Parser { tokens: &words, variable: None, advanced: None, properties: Vec::new(), depth: 0 };
    let test = parser.either()?;
    if let Some(token) = parser.tokens.first() {
        return Err(syntax(&format!("unexpected {token:?} after the expression")));
    }
    Ok(Filter { test, advanced: parser.advanced, properties: parser.properties })
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A name, an operator, a number, a bare UUID.
    Word(String),
    /// In quotes.
    Text(String),
    /// One of `( ) , / :`
    Mark(char),
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            ' ' | '\t' => {}
            '(' | ')' | ',' | '/' | ':' => tokens.push(Token::Mark(next)),
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match rest.next() {
                        Some('\'') if rest.next_if_eq(&'\'').is_some() => quoted.push('\''),
                        Some('\'') => break,
                        Some(other) => quoted.push(other),
                        None => return Err(syntax("unterminated string literal")),
                    }
                }
                tokens.push(Token::Text(quoted));
            }
            next => {
                let mut word = String::from(next);
                while let Some(more) = rest.next_if(|next| !" \t(),/:'".contains(*next)) {
                    word.push(more);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    /// Within `any`: the collection and the name of its entries.
    variable: Option<(Collection, String)>,
    advanced: Option<String>,
    properties: Vec<Property>,
    depth: u32,
}

/// Deeper than any filter that a person writes.
const DEEPEST: u32 = 50;

type Parsed<T> = Result<T, Refusal>;

impl Parser<'_> {
    fn either(&mut self) -> Parsed<Test> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(syntax("the expression is too deep"));
        }
        let mut tests = vec![self.all()?];
        while self.accept_word("or") {
            tests.push(self.all()?);
        }
        self.depth -= 1;
        Ok(single(tests, Test::Either))
    }

    fn all(&mut self) -> Parsed<Test> {
        let mut tests = vec![self.unary()?];
        while self.accept_word("and") {
            tests.push(self.unary()?);
        }
        Ok(single(tests, Test::All))
    }

    fn unary(&mut self) -> Parsed<Test> {
        if self.accept_word("not") {
            self.need_advanced("not");
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(syntax("the expression is too deep"));
            }
            return Ok(Test::Not(Box::new(self.unary()?)));
        }
        if self.accept('(') {
            let test = self.either()?;
            self.expect(')')?;
            return Ok(test);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed<Test> {
        let name = self.word()?;
        if self.tokens.first() == Some(&Token::Mark('(')) {
            return self.function(&name);
        }
        if let Some((collection, variable)) = self.variable.clone() {
            if name != variable {
                return Err(syntax(&format!("'{name}' is not the range variable '{variable}'")));
            }
            self.expect('/')?;
            let field = self.word()?;
            let field = entry_field(collection, &field).ok_or_else(|| unknown(&field))?;
            return self.relation(field, "assignedPlans");
        }
        let property = Property::named(&name).ok_or_else(|| unknown(&name))?;
        self.properties.push(property);
        if property.is_advanced() {
            self.need_advanced(property.name());
        }
        match property {
            Property::AssignedPlans => self.collection(Collection::Plans, property),
            Property::AssignedLicenses => self.collection(Collection::Licenses, property),
            Property::OnPremisesExtensionAttributes => {
                self.expect('/')?;
                let attribute = self.word()?;
                let number = attribute.to_ascii_lowercase();
                let number = number.strip_prefix("extensionattribute").and_then(|number| number.parse().ok());
                let number = number.filter(|number| (1..=15).contains(number)).ok_or_else(|| unknown(&attribute))?;
                self.relation(Field::Extension(number), &attribute)
            }
            Property::BusinessPhones | Property::MobilePhone | Property::PreferredLanguage => Err(unsupported(&name)),
            _ => self.relation(Field::Of(property), property.name()),
        }
    }

    fn function(&mut self, name: &str) -> Parsed<Test> {
        self.expect('(')?;
        let property = self.word()?;
        let property = Property::named(&property).ok_or_else(|| unknown(&property))?;
        self.properties.push(property);
        self.expect(',')?;
        let Some(Token::Text(text)) = self.next() else { return Err(syntax("a string literal is expected")) };
        self.expect(')')?;
        let (field, text) = (Field::Of(property), text.to_lowercase());
        if matches!(property, Property::AccountEnabled) {
            return Err(syntax("no function signature matches the specified arguments"));
        }
        if property.is_advanced() {
            self.need_advanced(property.name());
        }
        match name.to_ascii_lowercase().as_str() {
            "startswith" => Ok(Test::Starts(field, text)),
            "endswith" if matches!(property, Property::Mail | Property::UserPrincipalName) => {
                self.need_advanced(property.name());
                Ok(Test::Ends(field, text))
            }
            "endswith" => Err(unsupported(property.name())),
            _ => Err(syntax(&format!("An unknown function with name '{name}' was found"))),
        }
    }

    /// After the name of a collection: `/any(…)` or `/$count relation number`.
    fn collection(&mut self, collection: Collection, property: Property) -> Parsed<Test> {
        self.expect('/')?;
        let what = self.word()?;
        if what == "$count" {
            self.need_advanced(property.name());
            let relation = relation_named(&self.word()?)?;
            let number = self.word()?.parse().map_err(|_| syntax("a number is expected"))?;
            return Ok(Test::Count(collection, relation, number));
        }
        if !what.eq_ignore_ascii_case("any") {
            return Err(unsupported(property.name()));
        }
        self.expect('(')?;
        if self.accept(')') {
            return Ok(Test::Any(collection, None));
        }
        let variable = self.word()?;
        self.expect(':')?;
        self.variable = Some((collection, variable));
        let test = self.either()?;
        self.variable = None;
        self.expect(')')?;
        Ok(Test::Any(collection, Some(Box::new(test))))
    }

    /// After a field: `eq literal`, `ne literal` or `in (literals)`.
    fn relation(&mut self, field: Field, name: &str) -> Parsed<Test> {
        let operator = self.word()?;
        match operator.as_str() {
            "in" => {
                self.expect('(')?;
                let mut literals = vec![self.literal(field)?];
                while self.accept(',') {
                    literals.push(self.literal(field)?);
                }
                self.expect(')')?;
                Ok(Test::Is(field, literals))
            }
            "eq" => Ok(Test::Is(field, vec![self.literal(field)?])),
            "ne" => {
                self.need_advanced(name);
                Ok(Test::Not(Box::new(Test::Is(field, vec![self.literal(field)?]))))
            }
            "gt" | "ge" | "lt" | "le" => Err(unsupported(name)),
            _ => Err(syntax(&format!("'{operator}' is not an operator"))),
        }
    }

    fn literal(&mut self, field: Field) -> Parsed<Literal> {
        let is_truth = field == Field::Of(Property::AccountEnabled);
        let is_guid = matches!(field, Field::ServicePlanId | Field::SkuId);
        match self.next() {
            Some(Token::Word(word)) if word == "null" => Ok(Literal::Null),
            Some(Token::Word(word)) if is_truth && (word == "true" || word == "false") => {
                Ok(Literal::Truth(word == "true"))
            }
            Some(Token::Word(word)) if is_guid && Guid::parse(word.as_bytes()).is_some() => {
                Ok(Literal::Text(word.to_ascii_lowercase()))
            }
            Some(Token::Text(text)) if !is_truth && !is_guid => Ok(Literal::Text(text.to_lowercase())),
            Some(_) => Err(syntax("A binary operator with incompatible types was detected")),
            None => Err(syntax("Expression expected at the end of the clause")),
        }
    }

    fn need_advanced(&mut self, what: &str) {
        self.advanced.get_or_insert_with(|| what.to_owned());
    }

    fn next(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }

    fn word(&mut self) -> Parsed<String> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            Some(token) => Err(syntax(&format!("unexpected {token:?}"))),
            None => Err(syntax("the clause ends too early")),
        }
    }

    fn accept_word(&mut self, wanted: &str) -> bool {
        let is_next = matches!(self.tokens.first(), Some(Token::Word(word)) if word == wanted);
        if is_next {
            self.tokens = &self.tokens[1..];
        }
        is_next
    }

    fn accept(&mut self, mark: char) -> bool {
        let is_next = self.tokens.first() == Some(&Token::Mark(mark));
        if is_next {
            self.tokens = &self.tokens[1..];
        }
        is_next
    }

    fn expect(&mut self, mark: char) -> Parsed<()> {
        if self.accept(mark) { Ok(()) } else { Err(syntax(&format!("'{mark}' is expected"))) }
    }
}

fn single(mut tests: Vec<Test>, several: fn(Vec<Test>) -> Test) -> Test {
    match tests.pop() {
        Some(only) if tests.is_empty() => only,
        Some(last) => {
            tests.push(last);
            several(tests)
        }
        None => several(tests),
    }
}

fn entry_field(collection: Collection, name: &str) -> Option<Field> {
    match (collection, name) {
        (Collection::Plans, "service") => Some(Field::Service),
        (Collection::Plans, "servicePlanId") => Some(Field::ServicePlanId),
        (Collection::Plans, "capabilityStatus") => Some(Field::CapabilityStatus),
        (Collection::Licenses, "skuId") => Some(Field::SkuId),
        _ => None,
    }
}

fn relation_named(name: &str) -> Parsed<Relation> {
    Ok(match name {
        "eq" => Relation::Equal,
        "ne" => Relation::NotEqual,
        "gt" => Relation::Greater,
        "ge" => Relation::GreaterOrEqual,
        "lt" => Relation::Less,
        "le" => Relation::LessOrEqual,
        _ => return Err(syntax(&format!("'{name}' is not an operator"))),
    })
}

fn syntax(what: &str) -> Refusal {
    Refusal::new(400, "BadRequest", format!("Invalid filter clause: {what}."))
}

fn unknown(property: &str) -> Refusal {
    syntax(&format!("Could not find a property named '{property}' on type 'microsoft.graph.user'"))
}

fn unsupported(property: &str) -> Refusal {
    let message =
        format!("Unsupported or invalid query filter clause specified for property '{property}' of resource 'User'.");
    Refusal::new(400, "Request_UnsupportedQuery", message)
}
